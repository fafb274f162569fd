package io.jbox.life;

import io.jbox.host.BoxLog;
import io.jbox.host.HostHooks;
import io.jbox.kernel.Kernel;
import io.jbox.plan.Interface;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.state.BoxSpec;
import io.jbox.state.Debts;
import java.util.ArrayList;
import java.util.List;

/** Runs script.down of a box's interfaces, with LXC's arguments and environment. */
final class NetworkScripts {
    private final BoxSpec spec;
    private final HostHooks hooks;
    private final String log;

    /** @param log what they print is appended to it */
    NetworkScripts(Kernel kernel, BoxSpec spec, String log) {
        this.spec = spec;
        this.hooks = new HostHooks(kernel, spec.name(), spec.hooks().timeout(), log);
        this.log = log;
    }

    /** Runs those that are owed; what fails goes to the log. */
    void down(Debts debts) {
        for (int i = 0; i < spec.nics().size(); i++) {
            BoxSpec.Nic nic = spec.nics().get(i);
            debts.pay(Debts.Reason.SCRIPT_DOWN, i, () -> down(nic));
        }
    }

    private void down(BoxSpec.Nic nic) {
        List<String> environment = new ArrayList<>(spec.hooks().environment());
        Interface.addTo(environment, "down", nic.type(), nic.link(), nic.pair());
        String hostName = nic.pair().isEmpty() ? nic.link() : nic.pair();
        String line = Interface.scriptLine(spec.name(), "down", nic.type(), hostName, nic.scriptDown());
        try {
            hooks.runLine("script.down \"" + nic.scriptDown() + "\"", line, Place.DEFAULT, environment);
        } catch (JboxException e) {
            BoxLog.append(log, e);
        }
    }
}
