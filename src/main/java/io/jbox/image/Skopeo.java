package io.jbox.image;

import io.jbox.config.ImageName;
import io.jbox.problem.JboxException;
import io.jbox.problem.Printable;
import io.jbox.problem.SystemError;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Copies images into a folder by skopeo(1), with the policies, mirrors and logins that the user has configured for it. It checks
 * digests and signatures.
 */
final class Skopeo {
    private static final int MOST = 64 * 1024;
    private static final String MESSAGE = "msg=\"";

    private Skopeo() {}

    /**
     * @param platform {@code linux/amd64}
     * @param folder gets manifest.json and a file for each part, named by its digest
     * @throws JboxException with skopeo's own words if it fails
     */
    static void copy(ImageName name, String platform, String folder, Progress progress) {
        int slash = platform.indexOf('/');
        List<String> words = new ArrayList<>(List.of(
                "skopeo",
                "--override-os",
                platform.substring(0, slash),
                "--override-arch",
                platform.substring(slash + 1),
                "copy"));

        words.addAll(List.of(name.source(), "dir:" + folder));
        LocalImage.check(name);
        Process process = start(words);
        Thread steps = new Thread(() -> tell(process, progress), "skopeo");
        steps.setDaemon(true);
        steps.start();
        end(process, name);
    }

    /**
     * The raw bytes behind a name: a list of platforms, or the manifest of an image for one platform.
     *
     * @throws JboxException with skopeo's own words if it fails
     */
    static byte[] inspect(ImageName name, int most) {
        LocalImage.check(name);
        Process process = start(List.of("skopeo", "inspect", "--raw", name.source()));
        byte[] raw;
        try {
            raw = process.getInputStream().readNBytes(most);
            process.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            process.destroy();
            throw new JboxException(name + ": skopeo: " + SystemError.of(e));
        }
        end(process, name);
        return raw;
    }

    private static Process start(List<String> words) {
        try {
            return new ProcessBuilder(words)
                    .redirectInput(new File("/dev/null"))
                    .start();
        } catch (IOException e) {
            throw new JboxException(
                    "skopeo, which fetches images, cannot be run: " + SystemError.of(e), "apt-get install skopeo");
        }
    }

    private static void end(Process process, ImageName name) {
        try {
            byte[] said = process.getErrorStream().readNBytes(MOST);
            process.getErrorStream().transferTo(OutputStream.nullOutputStream());
            if (process.waitFor() != 0) {
                throw new JboxException(name + ": " + message(new String(said, StandardCharsets.UTF_8)));
            }
        } catch (IOException e) {
            throw new JboxException(name + ": skopeo: " + SystemError.of(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JboxException(name + ": interrupted");
        } finally {
            process.destroy();
        }
    }

    /** Passes on its progress messages, a line each. */
    private static void tell(Process process, Progress progress) {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                progress.step(Printable.of(line));
            }
        } catch (IOException e) {
            // It has ended.
            return;
        }
    }

    /** Its error message: {@code time="…" level=fatal msg="…"}. */
    private static String message(String said) {
        String text = said.strip();
        String last = text.substring(text.lastIndexOf('\n') + 1);
        int start = last.indexOf(MESSAGE);
        if (start >= 0 && last.endsWith("\"")) {
            last = last.substring(start + MESSAGE.length(), last.length() - 1).replace("\\\"", "\"");
        }
        return last.isEmpty() ? "skopeo failed" : Printable.of(last);
    }
}
