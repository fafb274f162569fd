package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Net;
import io.jbox.config.Value;
import io.jbox.facts.NetworkFacts;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Jump;
import io.jbox.program.Loop;
import io.jbox.program.Memory;
import io.jbox.program.RouteArg;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A box's interfaces without a JVM: each rtnetlink request of the plan is sent by itself, with the indexes of the
 * interfaces that it names, and its answer is looked at. The host's ends of veths get new names at each start, for the
 * kernel removes those of an earlier one some time after it has ended.
 */
public final class CompiledNetwork {
    private static final Loop.Label BACK_LOOP = new Loop.Label("back");
    private static final String PREFIX = "veth";
    private static final int DIGITS = 6;
    /** A random number and this one have ten digits together. */
    private static final long ALWAYS_TEN_DIGITS = 1_000_000_000;

    private static final int TEN = 10;
    /** The size of struct ifreq, and where what follows the name begins (netdevice(7)). */
    private static final int IFREQ = 40;

    private static final int IFNAMSIZ = 16;
    /** Where the error of an answer is (struct nlmsgerr). */
    private static final int TYPE = 4;

    private static final int ERROR = 16;
    private static final int NLMSG_ERROR = 2;

    private static final Arg.Cell RANDOM = new Arg.Cell("name-random", 8);
    private static final Arg.Cell TEXT = new Arg.Cell("name-digits", 24);
    private static final Descriptor OWN = new Descriptor("own-network");

    private final List<String> names = new ArrayList<>();
    private final Map<String, Arg.Cell> pairs = new LinkedHashMap<>();
    private final Map<String, Arg.Cell> requests = new HashMap<>();

    /** @param nets the box's interfaces */
    public CompiledNetwork(List<Net> nets) {
        for (Net net : nets) {
            Value<String> written = net.options().vethPair();
            if (written != null) {
                names.add(written.get());
            } else if (net.is("veth")) {
                String place = place(pairs.size());
                names.add(place);
                pairs.put(place, new Arg.Cell(place, IFNAMSIZ));
            } else {
                names.add("");
            }
        }
    }

    /** What a plan calls the host's end of a veth that gets a name when the program runs: as long, and no text else. */
    private static String place(int number) {
        String digits = Integer.toString(number);
        return PREFIX + "#" + "0".repeat(DIGITS - 1 - digits.length()) + digits;
    }

    /** The same facts for a plan that is compiled. */
    public NetworkFacts placed(NetworkFacts facts) {
        return facts.choices().isEmpty() ? facts : facts.with(names);
    }

    /** Texts of a plan, and what replaces them when the program runs. */
    public Map<String, Arg.Cell> places() {
        return pairs;
    }

    /** Makes the names up. */
    void makeNames(List<Step> steps) {
        if (pairs.isEmpty()) {
            return;
        }
        Step.Draft step = Step.by(Actor.JBOX, "make up names for interfaces", Place.DEFAULT);
        for (Arg.Cell pair : pairs.values()) {
            step.add(
                    Memory.set(RANDOM, number(0)),
                    Call.must(GETRANDOM, RANDOM, number(Integer.BYTES), number(0)),
                    Memory.add(RANDOM, ALWAYS_TEN_DIGITS),
                    Memory.digits(TEXT, new Arg.ValueOf(RANDOM)),
                    Memory.text(pair, text(PREFIX)),
                    Memory.text(new Arg.Part(pair, PREFIX.length()), new Arg.Part(TEXT, TEN - DIGITS)));
        }
        steps.add(step.build());
    }

    /** Returns the same steps with each request as calls. */
    List<Step> in(List<Step> steps) {
        requests.clear();
        List<Step> resolved = new ArrayList<>();
        for (Step step : steps) {
            resolved.add(step.with(this::in));
        }
        return resolved;
    }

    /** A socket is of the network that its maker is in. */
    private static List<Statement> elsewhere(Call call) {
        int last = call.arguments().size() - 1;
        List<Arg> arguments = call.arguments().subList(0, last);
        Call socket = new Call(call.syscall(), arguments, Call.Outcome.MAY_FAIL, call.result(), null);
        return List.of(
                Call.must(OPENAT, cwd(), text("/proc/self/ns/net"), flags(O_RDONLY, O_CLOEXEC))
                        .opens(OWN),
                Call.must(SETNS, call.arguments().get(last), flags(CLONE_NEWNET)),
                socket,
                // Whatever fails later, jbox must find itself where it was.
                Loop.of(
                        BACK_LOOP,
                        new Branch(
                                Call.may(SETNS, fd(OWN), flags(CLONE_NEWNET)),
                                Sign.NOT_NEGATIVE,
                                List.of(Jump.leave(BACK_LOOP))),
                        Jump.again(BACK_LOOP)),
                Call.may(CLOSE, fd(OWN)));
    }

    private List<Statement> in(Call call) {
        if (call.syscall() == SOCKET && call.last() != null) {
            return elsewhere(call);
        }
        RouteArg.@Nullable Message message = call.request();
        Descriptor socket = call.first();
        if (message == null || socket == null) {
            return List.of(call);
        }
        List<Statement> calls = new ArrayList<>();
        RouteArg.Message sent = message.with(NLM_F_ACK, new RouteArg.Replacement() {
            @Override
            public Arg of(Arg number) {
                return number instanceof RouteArg.LinkIndex link ? index(link.name(), socket, calls) : number;
            }

            @Override
            public RouteArg.Value of(RouteArg.Word name) {
                Arg.@Nullable Cell pair = pairs.get(name.text());
                return pair == null
                        ? name
                        : new RouteArg.MadeUpName(pair, name.text().length());
            }
        });
        calls.add(
                Call.must(SENDTO, fd(socket), sent, new RouteArg.LengthOf(sent), number(0), Arg.nothing(), number(0)));
        calls.add(Call.must(
                RECVFROM, fd(socket), Scratch.content(), number(Scratch.PLACE), number(0), Arg.nothing(), number(0)));
        calls.add(
                ValiditySteps.differs(Scratch.content(TYPE), struct(new Arg.Field("type", 2, number(NLMSG_ERROR))), 2));
        calls.add(ValiditySteps.differs(Scratch.content(ERROR), struct(new Arg.Field("error", 4, number(0))), 4));
        return calls;
    }

    /** Asks for the index of an interface, once in each network. */
    private Arg index(String name, Descriptor socket, List<Statement> before) {
        String key = socket.name() + " " + name;
        Arg.@Nullable Cell known = requests.get(key);
        Arg.Cell request = known == null ? new Arg.Cell("ifreq-" + key, IFREQ) : known;
        if (known == null) {
            requests.put(key, request);
            Arg.@Nullable Cell pair = pairs.get(name);
            Arg from = pair == null ? request(name) : pair;
            before.add(Memory.copy(request, from, IFNAMSIZ));
            before.add(Call.must(IOCTL, fd(socket), flags(SIOCGIFINDEX), request));
        }
        return new Arg.ValueOf(request, IFNAMSIZ, Integer.BYTES);
    }

    private static Arg request(String name) {
        return struct(new Arg.Field("ifr_name", IFNAMSIZ, text(name)));
    }
}
