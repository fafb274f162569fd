package io.jbox.life;

import io.jbox.config.CommandName;
import io.jbox.config.ImageName;
import io.jbox.config.RootfsPath;
import io.jbox.config.TreeSteps;
import io.jbox.config.Value;
import io.jbox.image.CommitRequest;
import io.jbox.image.Progress;
import io.jbox.image.StepBox;
import io.jbox.image.TreeSource;
import io.jbox.kernel.ProcessTree;
import io.jbox.problem.JboxException;
import io.jbox.problem.Printable;
import io.jbox.problem.Problem;
import io.jbox.problem.SystemError;
import io.jbox.schema.ImageSource;
import io.jbox.store.EphemeralUppers;
import io.jbox.store.ImageRecord;
import io.jbox.store.Store;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Images made by steps. Each step runs in a box over the image of the previous steps and yields a new image. The store
 * finds it by the original image and the command.
 */
final class StepImages {
    private static final int SHOWN = 12;
    /** The most bytes of a step's output that are kept. */
    private static final int MOST = 64 * 1024;

    private final Store store;
    private final StoreProgram program;
    private final String home;
    private final Progress progress;
    private final boolean makes;
    private final ImageSource.Wanted wanted;

    /** @param makes whether to make missing images */
    StepImages(
            Store store,
            StoreProgram program,
            String home,
            Progress progress,
            boolean makes,
            ImageSource.Wanted wanted) {
        this.store = store;
        this.program = program;
        this.home = home;
        this.progress = progress;
        this.makes = makes;
        this.wanted = wanted;
    }

    /**
     * Returns the image after all steps.
     *
     * @param base the image, and its name as it is written
     * @return null if it is missing and not to be made
     */
    @Nullable
    ImageRecord of(ImageRecord base, ImageName name) {
        TreeSteps steps = wanted.steps();
        ImageRecord image = base;
        for (int i = 0; i < steps.commands().size(); i++) {
            String manifest = steps.manifest(image.manifest(), image.tree(), i);
            // An image imported from an archive of another store does not count.
            boolean ours = Files.exists(Path.of(store.records().stepFile(manifest)));
            ImageRecord next = ours ? store.find(manifest) : null;
            if (next == null && !makes) {
                return null;
            }
            if (next == null) {
                progress.step("step " + (i + 1) + " of " + steps.commands().size());
                next = take(image, i, steps.name(name, i + 1), manifest);
            }
            image = next;
        }
        return image;
    }

    private ImageRecord take(ImageRecord before, int number, ImageName name, String manifest) {
        Value<String> command = wanted.steps().commands().get(number);
        String box = "step-" + name.where().substring(0, SHOWN);
        store.makeFolders();
        Path work = EphemeralUppers.work(
                store.folder(), CommandName.of(box, ProcessHandle.current().pid()));
        try {
            Path upper = Files.createDirectories(work.resolve("files"));
            Path file = work.resolve("step.yaml");
            String tree = store.tree(before.tree());
            // The box's root takes its mode.
            Files.setPosixFilePermissions(upper, Files.getPosixFilePermissions(Path.of(tree)));
            Files.writeString(
                    file,
                    StepBox.text(
                            box,
                            tree,
                            upper.toString(),
                            wanted.ids(),
                            wanted.steps().network(),
                            !StoreProgram.isOwner(),
                            before.run()));
            run(file, command, number, work.resolve("said").toFile());
            TreeSource source = new TreeSource(new RootfsPath(List.of(tree), upper.toString()), List.of());
            program.run(
                    List.of("commit", "--platform", before.platform(), name.toString()),
                    new CommitRequest(source, before.run(), manifest).text(),
                    true,
                    out -> out.transferTo(OutputStream.nullOutputStream()));
            Path note = Path.of(store.records().stepFile(manifest));
            Files.createDirectories(note.getParent());
            Files.write(note, new byte[0]);
        } catch (IOException e) {
            throw failed(number, SystemError.of(e), null);
        } catch (JboxException e) {
            Problem problem = e.problems().get(0);
            throw problem.place() != null ? e : failed(number, problem.message(), problem.hint());
        } finally {
            program.remove(work);
        }
        return store.made(manifest, name);
    }

    private JboxException failed(int number, String cause, @Nullable String hint) {
        return new JboxException(new Problem(
                "rootfs.steps." + number + ": " + cause,
                wanted.steps().commands().get(number).place(),
                hint));
    }

    private void run(Path file, Value<String> command, int number, File said) throws IOException {
        List<String> words = StoreProgram.run(home, file, List.of("/bin/sh", "-c", command.get()));
        Process process = new ProcessBuilder(words)
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true)
                .redirectOutput(said)
                .start();
        try {
            int code = process.waitFor();
            if (code != 0) {
                throw new JboxException(new Problem(
                        "rootfs.steps." + number + ": exit code " + code + lastLine(said), command.place(), null));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JboxException("rootfs.steps: interrupted");
        } finally {
            ProcessTree.terminate(process);
        }
    }

    private static String lastLine(File said) throws IOException {
        try (var in = Files.newInputStream(said.toPath())) {
            in.skip(Math.max(0, said.length() - MOST));
            String text = new String(in.readNBytes(MOST), StandardCharsets.UTF_8).strip();
            String last = text.substring(text.lastIndexOf('\n') + 1);
            return last.isEmpty() ? "" : ": " + Printable.of(last);
        }
    }
}
