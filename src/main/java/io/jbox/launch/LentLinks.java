package io.jbox.launch;

import io.jbox.kernel.Kernel;
import io.jbox.netlink.Link;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetlinkSocket;
import io.jbox.netlink.NetworkReader;
import io.jbox.nic.NicJournal;
import io.jbox.plan.Descriptors;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.program.NetworkEffect;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;

/** Writes down which host interfaces a launch lends to a box: what each is like before it moves, and where it is then. */
final class LentLinks {
    private final Kernel kernel;
    private final String box;
    private final Holdings holdings;

    LentLinks(Kernel kernel, String box, Holdings holdings) {
        this.kernel = kernel;
        this.box = box;
        this.holdings = holdings;
    }

    void remember(Step step, NetworkEffect.Journal effect) {
        NetlinkSocket host = NetlinkSocket.over(holdings.get(Descriptors.HOST_ROUTES));
        try {
            Link link = find(host, effect.link().name());
            new NicJournal(kernel, effect.file()).add(box, host, link);
        } catch (NetlinkException e) {
            throw failure(step, e);
        }
    }

    void moved(Step step, NetworkEffect.JournalMove effect) {
        NetlinkSocket inside = NetlinkSocket.over(holdings.get(Descriptors.BOX_ROUTES));
        try {
            int index = find(inside, effect.inside()).index();
            new NicJournal(kernel, effect.file()).moved(effect.link(), index);
        } catch (NetlinkException e) {
            throw failure(step, e);
        }
    }

    private Link find(NetlinkSocket socket, String name) throws NetlinkException {
        Link link = new NetworkReader(socket).findLink(name);
        if (link == null) {
            throw new JboxException(new Problem(
                    box + ": net: \"" + name + "\": " + Errno.describe(Errno.ENODEV), null, "it existed a moment ago"));
        }
        return link;
    }

    private JboxException failure(Step step, NetlinkException e) {
        return new JboxException(new Problem(box + ": " + step.subject() + ": " + e.getMessage(), step.asked(), null));
    }
}
