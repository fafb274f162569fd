package io.jbox.life;

import io.jbox.host.HostHooks;
import io.jbox.plan.Interface;
import io.jbox.problem.Place;
import io.jbox.state.BoxSpec;
import io.jbox.state.Debts;
import java.util.ArrayList;
import java.util.List;

/** Runs script.down of a box's interfaces, with LXC's arguments and environment. */
final class NetworkScripts {
    private final BoxSpec spec;

    NetworkScripts(BoxSpec spec) {
        this.spec = spec;
    }

    /** Runs the scripts that are due; errors go to the log. */
    void down(EndPrograms programs) {
        for (int i = 0; i < spec.nics().size(); i++) {
            BoxSpec.Nic nic = spec.nics().get(i);
            programs.run(new Debts.Debt(Debts.Reason.SCRIPT_DOWN, i), hooks -> down(nic, hooks));
        }
    }

    private void down(BoxSpec.Nic nic, HostHooks hooks) {
        List<String> environment = new ArrayList<>(spec.hooks().environment());
        Interface.addTo(environment, "down", nic.type(), nic.link(), nic.pair());
        String hostName = nic.pair().isEmpty() ? nic.link() : nic.pair();
        String line = Interface.scriptLine(spec.name(), "down", nic.type(), hostName, nic.scriptDown());
        hooks.runLine("script.down \"" + nic.scriptDown() + "\"", line, Place.DEFAULT, environment);
    }
}
