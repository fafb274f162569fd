package io.jbox.lsm;

import io.jbox.facts.Label;
import io.jbox.plan.LabelSteps;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Loads jbox's AppArmor profiles if they are not loaded yet. A profile that differs from an earlier jbox's has another
 * name, so that running boxes keep theirs.
 */
public final class AppArmorProfiles {
    private static final int MAX_MESSAGE = 1000;

    private AppArmorProfiles() {}

    /**
     * Loads a profile if it is not loaded yet.
     *
     * @param name from {@link LabelSteps#generated}; empty for none
     * @throws JboxException if it cannot be loaded
     */
    public static void load(String name) {
        if (name.isEmpty() || isLoaded(name)) {
            return;
        }
        try (InputStream text = AppArmorProfiles.class.getResourceAsStream(name + ".apparmor")) {
            if (text == null) {
                throw new IllegalArgumentException(name);
            }
            // No cache: it would write below /etc or /var/cache, and loading happens only once per boot.
            Process parser = new ProcessBuilder(Label.APPARMOR_PARSER, "--replace", "--skip-cache")
                    .redirectErrorStream(true)
                    .start();
            give(text, parser);
            byte[] said;
            try (InputStream out = parser.getInputStream()) {
                said = out.readNBytes(MAX_MESSAGE);
            }
            if (parser.waitFor() != 0) {
                throw failure(new String(said, StandardCharsets.UTF_8).strip());
            }
        } catch (IOException e) {
            throw failure(SystemError.of(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failure("interrupted");
        }
    }

    /** The parser may end before it has read everything; its output says why. */
    private static void give(InputStream text, Process parser) {
        try (OutputStream in = parser.getOutputStream()) {
            text.transferTo(in);
        } catch (IOException e) {
            return;
        }
    }

    private static JboxException failure(String cause) {
        return new JboxException(
                "AppArmor: jbox's profile cannot be loaded: " + cause,
                "\"apparmor: {profile: unconfined}\" does without it");
    }

    private static boolean isLoaded(String name) {
        try {
            for (String line : Files.readAllLines(Path.of(Label.APPARMOR_PROFILES))) {
                if (line.startsWith(name + " ")) {
                    return true;
                }
            }
        } catch (IOException e) {
            return false;
        }
        return false;
    }

    /** Whether the host uses AppArmor, and jbox cannot load its profile. */
    public static boolean isWithoutParser() {
        return new File(Label.APPARMOR_PROFILES).exists() && !new File(Label.APPARMOR_PARSER).exists();
    }
}
