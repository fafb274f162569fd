package io.jbox.host;

import java.io.File;
import java.util.ArrayList;
import java.util.List;

/** The lines of a check, as they are found. */
final class CheckList {
    private final List<CheckLine> lines = new ArrayList<>();

    List<CheckLine> lines() {
        return List.copyOf(lines);
    }

    void add(String group, String subject, boolean good, CheckLine.Verdict otherwise, String finding, String advice) {
        lines.add(
                new CheckLine(group, subject, good ? CheckLine.Verdict.OK : otherwise, finding, good ? null : advice));
    }

    void tool(String group, String name, String debianPackage) {
        tool(
                group,
                name,
                debianPackage,
                List.of("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"));
    }

    /**
     * Adds whether a program is there.
     *
     * @param folders where jbox looks for it
     */
    void tool(String group, String name, String debianPackage, List<String> folders) {
        String found = null;
        for (String folder : folders) {
            if (found == null && new File(folder, name).canExecute()) {
                found = folder + "/" + name;
            }
        }
        add(
                group,
                name,
                found != null,
                CheckLine.Verdict.ABSENT,
                found == null ? "not found" : found,
                "apt install " + debianPackage);
    }
}
