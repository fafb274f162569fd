package io.jbox.cli;

import java.io.IOException;
import java.io.OutputStream;

/**
 * Makes the output of a box safe for a terminal: text, tabs, line ends and colours (SGR, ECMA-48 8.3.117) are passed
 * through; all other controls, which the terminal might act on, are dropped. The bytes may arrive in any pieces.
 */
final class TerminalText extends OutputStream {
    private static final int ESCAPE = 0x1b;
    private static final int DELETE = 0x7f;
    /** The first byte of U+0080 to U+009F in UTF-8, a range with control characters. */
    private static final int C1 = 0xc2;
    /** The first byte of U+2000 to U+2FFF. */
    private static final int GENERAL = 0xe2;
    /** The first byte of the byte order mark, and of other characters. */
    private static final int MARK = 0xef;

    private static final int LONGEST = 32;

    private enum State {
        TEXT,
        /** After an escape. */
        ESCAPED,
        /** In a control sequence, which ends with a byte from @ to ~. */
        SEQUENCE,
        /** In a control string, which ends with BEL, or with an escape and a backslash. */
        STRING,
        STRING_ESCAPED,
        /** After the first bytes of a character that may be a control. */
        CHARACTER
    }

    private final OutputStream out;
    private final byte[] pending = new byte[LONGEST];
    private int length;
    private int wanted;
    /** The number of bytes still missing from a UTF-8 character. */
    private int following;

    private State state = State.TEXT;

    TerminalText(OutputStream out) {
        this.out = out;
    }

    @Override
    public void write(int value) throws IOException {
        int b = value & 0xff;
        switch (state) {
            case TEXT -> text(b);
            case ESCAPED -> {
                if (b == '[') {
                    begin(State.SEQUENCE, ESCAPE, b);
                } else {
                    state = b == ']' || b == 'P' || b == 'X' || b == '^' || b == '_' ? State.STRING : State.TEXT;
                }
            }
            case SEQUENCE -> sequence(b);
            case STRING -> state = b == 7 ? State.TEXT : b == ESCAPE ? State.STRING_ESCAPED : State.STRING;
            case STRING_ESCAPED -> state = b == '\\' ? State.TEXT : State.STRING;
            case CHARACTER -> character(b);
        }
    }

    private void begin(State next, int... bytes) {
        state = next;
        length = 0;
        for (int b : bytes) {
            pending[length++] = (byte) b;
        }
    }

    private void text(int b) throws IOException {
        if (b == ESCAPE) {
            state = State.ESCAPED;
        } else if (b == C1 || b == GENERAL || b == MARK) {
            begin(State.CHARACTER, b);
            wanted = b == C1 ? 2 : 3;
        } else if (b >= 0x80 && b < 0xc0) {
            // On its own it is not a character, and an 8-bit terminal may take it for a control (ECMA-48 8.3, C1).
            if (following > 0) {
                following--;
                out.write(b);
            }
        } else if (b >= ' ' && b != DELETE || b == '\t' || b == '\n') {
            following = b >= 0xf0 ? 3 : b >= 0xe0 ? 2 : b >= 0xc0 ? 1 : 0;
            out.write(b);
        }
    }

    private void sequence(int b) throws IOException {
        if (b == ESCAPE) {
            state = State.ESCAPED;
            return;
        }
        if (length < LONGEST) {
            pending[length++] = (byte) b;
        }
        if (b >= '@' && b <= '~') {
            if (b == 'm' && length < LONGEST && isColour()) {
                out.write(pending, 0, length);
            }
            state = State.TEXT;
        }
    }

    private boolean isColour() {
        for (int i = 2; i < length - 1; i++) {
            boolean digit = pending[i] >= '0' && pending[i] <= '9';
            if (!digit && pending[i] != ';' && pending[i] != ':') {
                return false;
            }
        }
        return true;
    }

    private void character(int b) throws IOException {
        if ((b & 0xc0) != 0x80) {
            // Not UTF-8: the bytes before are not a character; this byte may start one.
            state = State.TEXT;
            text(b);
            return;
        }
        pending[length++] = (byte) b;
        if (length == wanted) {
            state = State.TEXT;
            String letter = new String(pending, 0, length, java.nio.charset.StandardCharsets.UTF_8);
            if (!io.jbox.problem.Printable.isControl(letter.charAt(0))) {
                out.write(pending, 0, length);
            }
        }
    }

    @Override
    public void flush() throws IOException {
        out.flush();
    }
}
