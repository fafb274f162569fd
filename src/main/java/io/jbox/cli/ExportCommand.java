package io.jbox.cli;

import io.jbox.Box;
import io.jbox.terminal.Terminal;
import java.nio.file.Path;
import java.util.List;

/** {@code jbox export BOX}: writes a box's root file system as a tar archive or an OCI image. */
final class ExportCommand implements Command {
    private static final Option TAR = new Option(
            '\0', "tar", "FILE", "a tar archive with owners, attributes and hard links; - for standard output");
    private static final Option OCI =
            new Option('\0', "oci", "DIR", "a new folder with an OCI image; DIR:TAG gives it a tag, latest by default");

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "export",
                "BOX",
                "writes a box's root file system as a tar archive or an OCI image",
                "It has all files that the box sees, sockets and mounts excepted. The same files give the same bytes. The box\n"
                        + "must be stopped or frozen.\n",
                List.of(TAR, OCI, Option.PATH),
                true);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        Box box = surroundings.jbox(arguments).box(arguments.operand("box"));
        String tar = arguments.value(TAR);
        String oci = arguments.value(OCI);
        if ((tar == null) == (oci == null)) {
            throw arguments.usage("expected --tar FILE or --oci DIR");
        }
        if (oci != null) {
            int colon = oci.lastIndexOf(':');
            boolean tagged = colon > oci.lastIndexOf('/');
            String tag = tagged ? oci.substring(colon + 1) : "latest";
            if (!tag.matches("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")) {
                throw arguments.usage(
                        "--oci: \"" + tag + "\" is not a tag: letters, digits, dots, dashes and underscores");
            }
            String folder = tagged ? oci.substring(0, colon) : oci;
            surroundings.out().println(box.files().exportOci(Path.of(folder).toAbsolutePath(), tag));
        } else if ("-".equals(tar)) {
            if (Terminal.ofOutput().exists()) {
                throw arguments.usage("--tar -: an archive is not for a terminal");
            }
            box.files().exportTar(surroundings.out());
        } else {
            box.files().exportTar(Path.of(String.valueOf(tar)).toAbsolutePath());
        }
        return 0;
    }
}
