package io.jbox.launch;

import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetlinkSocket;
import io.jbox.problem.Problem;
import io.jbox.program.Fail;
import io.jbox.program.RouteArg;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Syscall;
import org.jspecify.annotations.Nullable;

/** What a step of jbox's own part that fails without a failed call is to the user. */
final class OwnFailure {
    private OwnFailure() {}

    /**
     * @param status the content of the failure's cell; empty if it has none
     * @param request sent last; null for none
     */
    static Problem of(String box, Step step, Fail fail, byte[] status, RouteArg.@Nullable Message request) {
        return switch (fail.reason()) {
            case REFUSED -> refused(box, step, status, request);
            case LATE -> problem(box, step, fail, "took too long");
            case IN_USE -> problem(box, step, fail, Errno.describe(Errno.EADDRINUSE));
            case REPORTED -> problem(box, step, fail, "it failed");
            case STATUS, NOT_EXECUTED, CHANGED, SAID ->
                throw new IllegalArgumentException(step.subject() + ": " + fail.reason() + ": not in jbox's own part");
        };
    }

    private static Problem problem(String box, Step step, Fail fail, String cause) {
        return new Problem(box + ": " + step.subject() + ": " + cause, step.asked(), step.hintFor(fail.reason()));
    }

    private static Problem refused(String box, Step step, byte[] answer, RouteArg.@Nullable Message request) {
        NetlinkException refusal = NetlinkSocket.refusal(answer);
        String cause = refusal == null ? "the kernel's answer makes no sense" : String.valueOf(refusal.getMessage());
        return new Problem(
                box + ": " + step.subject() + ": " + (request == null ? "" : request.type() + ": ") + cause,
                step.asked(),
                refusal == null ? null : step.hintFor(Syscall.SENDTO, refusal.errno()));
    }
}
