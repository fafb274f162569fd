package io.jbox.launch;

import io.jbox.kernel.Fd;
import io.jbox.kernel.ForeignSocket;
import io.jbox.kernel.KernelException;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.program.Step;
import io.jbox.uapi.Constants;

/** Opens sockets for rtnetlink in networks that this process cannot enter itself. */
final class RouteSockets {
    private static final int NETLINK_ROUTE = 0;

    private RouteSockets() {}

    static Fd open(String box, Step step, Fd network) {
        try {
            return ForeignSocket.open(network, Constants.AF_NETLINK, Constants.SOCK_RAW, NETLINK_ROUTE);
        } catch (KernelException e) {
            throw failure(box, step, e.about("socket AF_NETLINK"));
        } catch (JboxException e) {
            throw failure(box, step, e);
        }
    }

    private static JboxException failure(String box, Step step, JboxException e) {
        return new JboxException(new Problem(box + ": " + step.subject() + ": " + e.getMessage(), step.asked(), null));
    }
}
