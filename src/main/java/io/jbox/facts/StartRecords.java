package io.jbox.facts;

/**
 * The texts of a compiled start's files. They contain placeholders for numbers that are known only when the program
 * runs.
 *
 * @param spec what the box is started with
 * @param starting record before the first process exists
 * @param made record with the new processes, which have done nothing yet
 */
public record StartRecords(String spec, String starting, String made) {
    /** The placeholder of the start's id. */
    public static final String ID = "IDIDIDIDIDIDIDIDIDID";

    public static final int MONITOR = 1_111_111_111;
    public static final int INIT = 1_111_111_112;
    public static final long MONITOR_START = 2_222_222_222_222_222_221L;
    public static final long INIT_START = 2_222_222_222_222_222_222L;
    /** The placeholder of the time in milliseconds since 1970. */
    public static final long TIME = 3_333_333_333_333L;
}
