package io.jbox.host;

import io.jbox.config.Capability;
import io.jbox.config.Config;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.plan.Grants;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.program.DataArg;
import io.jbox.seccomp.DefaultProfile;
import io.jbox.seccomp.Filter;
import io.jbox.seccomp.FilterCompiler;
import io.jbox.seccomp.Profile;
import io.jbox.seccomp.ProfileReader;
import io.jbox.yaml.SourceReader;
import java.io.File;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The system call filter that a configuration asks for. Default filters are compiled once and cached. */
public final class SystemCallFilters {
    private static final Map<Set<String>, Filter> DEFAULTS = new HashMap<>();

    private SystemCallFilters() {}

    /** As an argument of seccomp(2), with what it does in words; null if the box has none. */
    static DataArg.@Nullable Filter of(Config config, HostFacts facts) {
        File entry = config.confinement().seccomp().get().equals("default")
                ? FilterCache.entry(facts.processor(), mask(config, facts))
                : null;
        if (entry != null) {
            byte[] known = FilterCache.read(entry);
            if (known != null) {
                return new DataArg.Filter(new Summary(config, facts), known);
            }
            Filter made = compile(config, facts);
            if (made != null) {
                FilterCache.write(entry, made.program());
                return new DataArg.Filter(made, made.program());
            }
        }
        Filter filter = compile(config, facts);
        return filter == null ? null : new DataArg.Filter(filter, filter.program());
    }

    private static long mask(Config config, HostFacts facts) {
        long mask = 0;
        for (Capability capability : Grants.capabilities(config, facts)) {
            mask |= capability.bit();
        }
        return mask;
    }

    /** Describes a filter in words; compiled only when the description is printed. */
    private record Summary(Config config, HostFacts facts) {
        @Override
        public String toString() {
            return String.valueOf(compile(config, facts));
        }
    }

    /**
     * The filter, with the profile that it was made of; null if the box has none.
     *
     * @throws JboxException if the profile cannot be read, with the place of the error
     */
    public static @Nullable Filter compile(Config config, HostFacts facts) {
        Value<String> name = config.confinement().seccomp();
        if (name.get().equals("none")) {
            return null;
        }
        Set<String> capabilities = new HashSet<>();
        for (Capability capability : Grants.capabilities(config, facts)) {
            capabilities.add(capability.name());
        }
        if (name.get().equals("default")) {
            return byDefault(capabilities, facts.processor());
        }
        Profile profile = ProfileReader.read(
                name.get(), SourceReader.read(name.get(), name.place()), capabilities, facts.processor());
        try {
            return FilterCompiler.compile(profile, facts.processor());
        } catch (IllegalArgumentException e) {
            throw new JboxException(new Problem(
                    "seccomp.profile: " + name.get() + ": " + e.getMessage(),
                    name.place(),
                    "the filter is too long: use rules with fewer argument comparisons"));
        }
    }

    private static synchronized Filter byDefault(Set<String> capabilities, String processor) {
        Filter known = DEFAULTS.get(capabilities);
        if (known == null) {
            known = FilterCompiler.compile(DefaultProfile.of(capabilities), processor);
            DEFAULTS.put(capabilities, known);
        }
        return known;
    }
}
