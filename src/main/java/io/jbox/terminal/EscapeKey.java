package io.jbox.terminal;

import io.jbox.problem.JboxException;
import java.util.Arrays;

/** Recognizes the escape sequence of a console: the key, then q. The key typed twice sends it to the box. */
public final class EscapeKey implements Keys {
    /** Ctrl-a, as in LXC. */
    public static final int DEFAULT = 1;

    private final int key;
    private boolean pressed;
    private boolean left;

    /** @param key its character; -1 for none */
    public EscapeKey(int key) {
        this.key = key;
    }

    /**
     * @param text {@code ^a}, a single character, or -1 for none, as in lxc-console
     * @throws JboxException if it is anything else
     */
    public static EscapeKey parse(String text) {
        if (text.equals("-1")) {
            return new EscapeKey(-1);
        }
        if (text.length() == 2 && text.charAt(0) == '^') {
            int letter = Character.toUpperCase(text.charAt(1)) - '@';
            if (letter >= 0 && letter < ' ') {
                return new EscapeKey(letter);
            }
        }
        if (text.length() == 1 && text.charAt(0) < 0x80) {
            return new EscapeKey(text.charAt(0));
        }
        throw new JboxException("escape key \"" + text + "\": expected ^A to ^Z, one character, or -1 for none");
    }

    @Override
    public byte[] filter(byte[] keys) {
        byte[] out = new byte[2 * keys.length];
        int length = 0;
        for (int i = 0; i < keys.length && !left; i++) {
            int pressedKey = keys[i] & 0xff;
            if (!pressed && pressedKey == key) {
                pressed = true;
            } else if (pressed && pressedKey == 'q') {
                left = true;
            } else {
                if (pressed && pressedKey != key) {
                    out[length++] = (byte) key;
                }
                out[length++] = keys[i];
                pressed = false;
            }
        }
        return Arrays.copyOf(out, length);
    }

    @Override
    public boolean isLeft() {
        return left;
    }

    @Override
    public boolean isLeftAtEnd() {
        return true;
    }
}
