package io.jbox.config;

import io.jbox.problem.JboxException;

/** What a box may be called. It becomes part of paths: nothing else may come near one. */
public final class BoxName {
    private BoxName() {}

    /**
     * @return the name itself
     * @throws JboxException if it cannot be one
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
