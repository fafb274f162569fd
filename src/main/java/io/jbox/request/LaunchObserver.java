package io.jbox.request;

import io.jbox.program.Plan;

/** Receives the events of a launch. */
public interface LaunchObserver {
    /** Ignores all events. */
    LaunchObserver NONE = new LaunchObserver() {
        @Override
        public void begins(Plan plan) {}

        @Override
        public void runs(String box, int pid) {}

        @Override
        public void ended(String box, int status) {}
    };

    void begins(Plan plan);

    /** @param pid of the first process, on the host */
    void runs(String box, int pid);

    /** @param status raw wait status */
    void ended(String box, int status);
}
