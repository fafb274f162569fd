package io.jbox.config;

import io.jbox.problem.JboxException;

/** Checks box names. They become parts of paths and must be safe in them. */
public final class BoxName {
    private BoxName() {}

    /**
     * @return the name itself
     * @throws JboxException if it is not valid
     */
    public static String check(String name) {
        if (!Syntax.isBoxName(name)) {
            throw new JboxException(
                    "\"" + name + "\" is not a box name",
                    "letters, digits, \"_\", \".\" and \"-\", at most 63, beginning with a letter or digit");
        }
        return name;
    }
}
