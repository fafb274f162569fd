package io.jbox.cli;

import io.jbox.ns.NamedNetworks;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;

/** Shows the names of network namespaces that appear and disappear. */
final class NetnsMonitor {
    private NetnsMonitor() {}

    /** Returns when the output is closed, or this thread is interrupted. */
    static void show(PrintStream out) {
        Path folder = Path.of(NamedNetworks.FOLDER);
        try (WatchService watcher = FileSystems.getDefault().newWatchService()) {
            Files.createDirectories(folder);
            folder.register(watcher, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE);
            WatchKey key;
            do {
                key = watcher.take();
                for (WatchEvent<?> event : key.pollEvents()) {
                    boolean add = event.kind() == StandardWatchEventKinds.ENTRY_CREATE;
                    out.println((add ? "add " : "delete ") + event.context());
                }
                out.flush();
            } while (key.reset() && !out.checkError());
        } catch (IOException e) {
            throw new JboxException(folder + ": " + SystemError.of(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
