package io.jbox.plan;

import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Net;
import io.jbox.config.NetType;
import io.jbox.config.Value;
import io.jbox.facts.NetworkFacts;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.Memory;
import io.jbox.program.RouteArg;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The names of a box's interfaces without a JVM. The host ends of veths get new names at each start, because the kernel
 * removes those of an earlier one some time after it has ended.
 */
public final class CompiledNetwork {
    private static final String PREFIX = "veth";
    private static final int DIGITS = 6;
    /** Added to a random number, this gives ten digits. */
    private static final long ALWAYS_TEN_DIGITS = 1_000_000_000;

    private static final int TEN = 10;
    private static final Arg.Cell RANDOM = new Arg.Cell("name-random", 8);
    private static final Arg.Cell TEXT = new Arg.Cell("name-digits", 24);

    private final List<String> names = new ArrayList<>();
    private final Map<String, Arg.Cell> pairs = new LinkedHashMap<>();

    /** @param nets the box's interfaces */
    public CompiledNetwork(List<Net> nets) {
        for (Net net : nets) {
            Value<String> written = net.options().vethPair();
            if (written != null) {
                names.add(written.get());
            } else if (net.is(NetType.VETH)) {
                String place = place(pairs.size());
                names.add(place);
                pairs.put(place, new Arg.Cell(place, RouteArg.LinkName.SIZE));
            } else {
                names.add("");
            }
        }
    }

    /**
     * The placeholder for a veth name that is chosen when the program runs: of the same length, and used for nothing
     * else.
     */
    private static String place(int number) {
        String digits = Integer.toString(number);
        return PREFIX + "#" + "0".repeat(DIGITS - 1 - digits.length()) + digits;
    }

    /** The same facts for a plan that is compiled. */
    public NetworkFacts placed(NetworkFacts facts) {
        return facts.choices().isEmpty() ? facts : facts.with(names);
    }

    /** Placeholders in a plan, and the cells that replace them when the program runs. */
    public Map<String, Arg.Cell> places() {
        return pairs;
    }

    /** Chooses the names. */
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

    /** Returns the same steps with the names that are made up. */
    List<Step> in(List<Step> steps) {
        List<Step> resolved = new ArrayList<>();
        for (Step step : steps) {
            resolved.add(step.with(new Names()));
        }
        return resolved;
    }

    /** Puts the made-up names in the place of what the plan has for them. */
    private final class Names implements Step.Change, RouteArg.Replacement {
        @Override
        public List<Statement> of(Call call) {
            List<Arg> arguments = new ArrayList<>();
            for (Arg argument : call.arguments()) {
                arguments.add(named(argument));
            }
            return List.of(new Call(call.syscall(), arguments, call.outcome(), call.result(), call.into()));
        }

        private Arg named(Arg argument) {
            if (argument instanceof RouteArg.Message message) {
                return message.with(this);
            }
            return argument instanceof RouteArg.LengthOf length
                    ? new RouteArg.LengthOf(length.message().with(this))
                    : argument;
        }

        @Override
        public List<Statement> of(Memory memory) {
            List<Arg> arguments = new ArrayList<>();
            for (Arg argument : memory.arguments()) {
                Arg.@Nullable Cell pair = argument instanceof RouteArg.LinkName link ? pairs.get(link.name()) : null;
                arguments.add(pair == null ? argument : pair);
            }
            return List.of(new Memory(memory.kind(), arguments, memory.into()));
        }

        @Override
        public RouteArg.Value of(RouteArg.Word name) {
            Arg.@Nullable Cell pair = pairs.get(name.text());
            return pair == null
                    ? name
                    : new RouteArg.MadeUpName(pair, name.text().length());
        }
    }
}
