package io.jbox.cli;

import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Applies an action to several boxes: a failure does not stop the others, and all failures are reported. */
final class ForEach {
    private static final int THREADS_PER_PROCESSOR = 3;
    private static final int MAX_THREADS = 128;

    private final Arguments arguments;
    private final Surroundings surroundings;
    private final List<Problem> problems = new ArrayList<>();
    private int exitCode;

    ForEach(Arguments arguments, Surroundings surroundings) {
        this.arguments = arguments;
        this.surroundings = surroundings;
    }

    /** The action on one box. */
    interface Action {
        /** @throws JboxException if it fails */
        void run(String name);
    }

    /**
     * Runs as many in parallel as there are processors.
     *
     * @return 0
     * @throws JboxException with all problems, if there were any
     */
    int inParallel(List<String> names, Action action) {
        return inParallel(names, Runtime.getRuntime().availableProcessors() * THREADS_PER_PROCESSOR, action);
    }

    /** Runs all at the same time, for actions that mostly wait. */
    int atOnce(List<String> names, Action action) {
        return inParallel(names, MAX_THREADS, action);
    }

    private int inParallel(List<String> names, int most, Action action) {
        if (names.isEmpty()) {
            throw arguments.usage("expected a box");
        }
        Deque<String> todo = new ArrayDeque<>();
        for (String name : names) {
            if (!todo.contains(name)) {
                todo.addLast(name);
            }
        }
        List<Thread> threads = new ArrayList<>();
        for (int i = 1; i < Math.min(names.size(), most); i++) {
            Thread thread = new Thread(new Worker(todo, action));
            thread.start();
            threads.add(thread);
        }
        new Worker(todo, action).run();
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!problems.isEmpty()) {
            throw new JboxException(problems, exitCode);
        }
        return 0;
    }

    private final class Worker implements Runnable {
        private final Deque<String> todo;
        private final Action action;

        Worker(Deque<String> todo, Action action) {
            this.todo = todo;
            this.action = action;
        }

        private @Nullable String next() {
            synchronized (todo) {
                return todo.pollFirst();
            }
        }

        @Override
        public void run() {
            for (String name = next(); name != null; name = next()) {
                try {
                    action.run(name);
                } catch (JboxException e) {
                    synchronized (problems) {
                        problems.addAll(e.problems());
                        exitCode = e.exitCode();
                    }
                } catch (RuntimeException e) {
                    synchronized (problems) {
                        problems.add(new Problem(name + ": this is a bug in jbox: " + e, null, "please report it"));
                        exitCode = JboxException.FAILED;
                    }
                    if (surroundings.environment().containsKey("JBOX_TRACE")) {
                        e.printStackTrace(surroundings.err());
                    }
                }
            }
        }
    }
}
