package io.jbox.life;

import io.jbox.host.BoxLog;
import io.jbox.host.HostHooks;
import io.jbox.kernel.Kernel;
import io.jbox.plan.Interface;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.state.BoxSpec;
import java.util.ArrayList;
import java.util.List;

/** Runs script.up and script.down of a box's interfaces, with LXC's arguments and environment. */
final class NetworkScripts {
    private final String box;
    private final HostHooks hooks;
    private final String log;

    /**
     * @param timeout in seconds, for each script
     * @param log what they print is appended to it
     */
    NetworkScripts(Kernel kernel, String box, long timeout, String log) {
        this.box = box;
        this.hooks = new HostHooks(kernel, box, timeout, log);
        this.log = log;
    }

    /** Those of all interfaces; what fails goes to the log. */
    void down(BoxSpec spec) {
        for (BoxSpec.Nic nic : spec.nics()) {
            if (nic.scriptDown().isEmpty()) {
                continue;
            }
            List<String> environment = new ArrayList<>(spec.hooks().environment());
            Interface.addTo(environment, "down", nic.type(), nic.link(), nic.pair());
            String hostName = nic.pair().isEmpty() ? nic.link() : nic.pair();
            String line = Interface.scriptLine(box, "down", nic.type(), hostName, nic.scriptDown());
            try {
                hooks.runLine("script.down \"" + nic.scriptDown() + "\"", line, Place.DEFAULT, environment);
            } catch (JboxException e) {
                BoxLog.append(log, e);
            }
        }
    }
}
