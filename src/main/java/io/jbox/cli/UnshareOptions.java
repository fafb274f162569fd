package io.jbox.cli;

import io.jbox.config.Namespace;
import io.jbox.config.Signal;
import io.jbox.facts.Caller;
import io.jbox.facts.ToolProgram;
import io.jbox.facts.UnshareRequest;
import io.jbox.ns.IdMaps;
import io.jbox.ns.UserNames;
import io.jbox.uapi.Flag;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The options of unshare(1), and what they ask for in one call. */
final class UnshareOptions {
    private static final NamespaceOptions NAMESPACES =
            new NamespaceOptions("[=FILE]", "a new %s namespace, kept by FILE");
    private static final Option FORK = new Option('f', "fork", null, "run the program in a child");
    private static final Option KILL_CHILD =
            new Option('\0', "kill-child", "[=SIGNAL]", "kill the child when unshare ends; implies --fork");
    private static final Option FORWARD =
            new Option('\0', "forward-signals", null, "pass SIGINT and SIGTERM on to the child; implies --fork");
    private static final Option MOUNT_PROC =
            new Option('\0', "mount-proc", "[=DIR]", "mount a fresh /proc; implies --mount");
    private static final Option MAP_USER =
            new Option('\0', "map-user", "USER", "map the caller to this user; implies --user");
    private static final Option MAP_GROUP =
            new Option('\0', "map-group", "GROUP", "map the caller's group to this one; implies --user");
    private static final Option MAP_ROOT =
            new Option('r', "map-root-user", null, "map the caller to root; implies --user");
    private static final Option MAP_CURRENT =
            new Option('c', "map-current-user", null, "map the caller to itself; implies --user");
    private static final Option MAP_USERS = new Option(
            '\0', "map-users", "RANGE", "map users: INNER:OUTER:COUNT, auto, subids or all; may be repeated");
    private static final Option MAP_GROUPS = new Option('\0', "map-groups", "RANGE", "map groups, like --map-users");
    private static final Option MAP_AUTO =
            new Option('\0', "map-auto", null, "map the caller's range of /etc/subuid and /etc/subgid, from 0 on");
    private static final Option SETGROUPS =
            new Option('\0', "setgroups", "allow|deny", "whether setgroups(2) is allowed in the user namespace");
    private static final Option PROPAGATION =
            new Option('\0', "propagation", "MODE", "of mounts: private (the default), slave, shared or unchanged");
    private static final Option ROOT = new Option('R', "root", "DIR", "the new root directory");
    private static final Option WD = new Option('w', "wd", "DIR", "the new working directory");
    private static final Option SETUID = new Option('S', "setuid", "UID", "the user inside");
    private static final Option SETGID =
            new Option('G', "setgid", "GID", "the group inside, without supplementary groups");
    private static final Option KEEP_CAPS =
            new Option('\0', "keep-caps", null, "keep the capabilities that a new user namespace gives");
    private static final Option CLEAR_ENV = new Option('\0', "clear-env", null, "an empty environment");
    private static final Option WHITELIST_ENV =
            new Option('\0', "whitelist-env", "NAMES", "an environment of these variables only; may be repeated");
    private static final Option OWNER =
            new Option('\0', "owner", "UID:GID", "the owner of the user namespace; implies --user");
    private static final Option MAP_SUBIDS =
            new Option('\0', "map-subids", null, "map the caller's ranges to themselves; implies --user");
    private static final Option MOUNT_BINFMT = new Option(
            '\0', "mount-binfmt", "[=DIR]", "mount the user namespace's own binfmt_misc; implies --mount, --user");
    private static final Option LOAD_INTERP =
            new Option('l', "load-interp", "STRING", "register an interpreter there; implies --mount-binfmt");
    private static final Option MONOTONIC =
            new Option('\0', "monotonic", "SECONDS", "offset of the monotonic clock; needs --time");
    private static final Option BOOTTIME =
            new Option('\0', "boottime", "SECONDS", "offset of the clock since boot; needs --time");

    private UnshareOptions() {}

    /** All of them but {@code --plan} and {@code --version}. */
    static List<Option> all() {
        List<Option> options = new ArrayList<>(NAMESPACES.list());
        options.addAll(List.of(
                FORK,
                KILL_CHILD,
                FORWARD,
                MOUNT_PROC,
                MAP_USER,
                MAP_GROUP,
                MAP_ROOT,
                MAP_CURRENT,
                MAP_USERS,
                MAP_GROUPS,
                MAP_AUTO,
                SETGROUPS,
                PROPAGATION,
                ROOT,
                WD,
                SETUID,
                SETGID,
                KEEP_CAPS,
                MONOTONIC,
                BOOTTIME,
                CLEAR_ENV,
                WHITELIST_ENV,
                OWNER,
                MAP_SUBIDS,
                MOUNT_BINFMT,
                LOAD_INTERP));
        return options;
    }

    /** Whether the program has the caller's environment. */
    static boolean leavesEnvironment(Arguments arguments) {
        return !arguments.has(CLEAR_ENV) && arguments.values(WHITELIST_ENV).isEmpty();
    }

    /** @param words the number of words of the program */
    static UnshareRequest request(Arguments arguments, Caller caller, int words) {
        Set<Namespace> namespaces = NAMESPACES.asked(arguments);
        Option last = arguments.last(MAP_USER, MAP_ROOT, MAP_CURRENT);
        Long user = last == null
                ? null
                : last == MAP_ROOT
                        ? Long.valueOf(0)
                        : last == MAP_CURRENT
                                ? Long.valueOf(caller.uid())
                                : IdOption.find(arguments, MAP_USER, UserNames.users());
        last = arguments.last(MAP_GROUP, MAP_ROOT, MAP_CURRENT);
        Long group = last == null
                ? null
                : last == MAP_ROOT
                        ? Long.valueOf(0)
                        : last == MAP_CURRENT
                                ? Long.valueOf(caller.gid())
                                : IdOption.find(arguments, MAP_GROUP, UserNames.groups());
        List<String> users = new ArrayList<>(arguments.values(MAP_USERS));
        List<String> groups = new ArrayList<>(arguments.values(MAP_GROUPS));
        if (arguments.has(MAP_AUTO)) {
            users.add("auto");
            groups.add("auto");
        }
        if (arguments.has(MAP_SUBIDS)) {
            users.add("subids");
            groups.add("subids");
        }
        UnshareRequest.Owner owner = owner(arguments);
        UnshareRequest.Binfmt binfmt = binfmt(arguments);
        if (binfmt != null) {
            namespaces.add(Namespace.MNT);
        }
        if (owner != null || binfmt != null) {
            namespaces.add(Namespace.USER);
        }
        if (user != null || group != null || !users.isEmpty() || !groups.isEmpty()) {
            namespaces.add(Namespace.USER);
        }
        String proc = arguments.value(MOUNT_PROC);
        if (proc != null) {
            namespaces.add(Namespace.MNT);
            proc = proc.isEmpty() ? "/proc" : proc;
        }
        Map<String, Long> clocks = new LinkedHashMap<>();
        for (Option clock : List.of(BOOTTIME, MONOTONIC)) {
            Long seconds = seconds(arguments, clock);
            if (seconds != null) {
                clocks.put(clock.name(), seconds);
            }
        }
        if (!clocks.isEmpty() && !namespaces.contains(Namespace.TIME)) {
            throw arguments.usage("--monotonic and --boottime need a time namespace (-T)");
        }
        String setgroups = arguments.value(SETGROUPS);
        if (setgroups != null && !setgroups.equals("allow") && !setgroups.equals("deny")) {
            throw arguments.usage("--setgroups \"" + setgroups + "\": expected allow or deny");
        }
        if ("allow".equals(setgroups) && group != null && groups.isEmpty()) {
            throw arguments.usage("--setgroups=allow and --map-group exclude each other");
        }
        return new UnshareRequest(
                namespaces,
                NAMESPACES.files(arguments),
                child(arguments),
                new UnshareRequest.Ids(
                        user,
                        group,
                        IdMaps.of(false, users, user, caller),
                        IdMaps.of(true, groups, group, caller),
                        setgroups,
                        owner),
                new UnshareRequest.Mounts(
                        propagation(arguments), proc, binfmt, arguments.value(ROOT), arguments.value(WD)),
                clocks,
                new ToolProgram(
                        IdOption.find(arguments, SETUID, UserNames.users()),
                        IdOption.find(arguments, SETGID, UserNames.groups()),
                        arguments.has(KEEP_CAPS),
                        environment(arguments, caller),
                        caller.lastArguments(words)));
    }

    private static UnshareRequest.@Nullable Child child(Arguments arguments) {
        boolean child = arguments.has(FORK) || arguments.has(KILL_CHILD) || arguments.has(FORWARD);
        return child ? new UnshareRequest.Child(signal(arguments), arguments.has(FORWARD)) : null;
    }

    private static UnshareRequest.@Nullable Owner owner(Arguments arguments) {
        String text = arguments.value(OWNER);
        if (text == null) {
            return null;
        }
        String[] ids = text.split(":", -1);
        try {
            if (ids.length == 2) {
                return new UnshareRequest.Owner(Integer.parseUnsignedInt(ids[0]), Integer.parseUnsignedInt(ids[1]));
            }
        } catch (NumberFormatException e) {
            throw arguments.usage("--owner \"" + text + "\": expected UID:GID, two numbers");
        }
        throw arguments.usage("--owner \"" + text + "\": expected UID:GID, two numbers");
    }

    private static UnshareRequest.@Nullable Binfmt binfmt(Arguments arguments) {
        String folder = arguments.value(MOUNT_BINFMT);
        if (folder == null && !arguments.has(LOAD_INTERP)) {
            return null;
        }
        return folder == null || folder.isEmpty()
                ? new UnshareRequest.Binfmt(
                        "/proc/sys/fs/binfmt_misc", !arguments.has(MOUNT_PROC), arguments.value(LOAD_INTERP))
                : new UnshareRequest.Binfmt(folder, false, arguments.value(LOAD_INTERP));
    }

    private static List<String> environment(Arguments arguments, Caller caller) {
        List<String> names = new ArrayList<>();
        for (String list : arguments.values(WHITELIST_ENV)) {
            for (String name : list.split(",")) {
                if (!name.isEmpty()) {
                    names.add(name);
                }
            }
        }
        if (!arguments.has(CLEAR_ENV) && names.isEmpty()) {
            return caller.environment();
        }
        List<String> kept = new ArrayList<>();
        for (String variable : caller.environment()) {
            int equals = variable.indexOf('=');
            if (equals > 0 && names.contains(variable.substring(0, equals))) {
                kept.add(variable);
            }
        }
        return kept;
    }

    private static int signal(Arguments arguments) {
        String text = arguments.value(KILL_CHILD);
        if (text == null) {
            return 0;
        }
        Signal signal = text.isEmpty() ? Signal.KILL : Signal.find(text);
        if (signal == null) {
            throw arguments.usage("--kill-child \"" + text + "\": is not a signal");
        }
        return signal.number();
    }

    private static @Nullable Long seconds(Arguments arguments, Option option) {
        String text = arguments.value(option);
        try {
            return text == null ? null : Long.valueOf(text);
        } catch (NumberFormatException e) {
            throw arguments.usage("--" + option.name() + " \"" + text + "\": is not a number of seconds");
        }
    }

    private static List<Flag> propagation(Arguments arguments) {
        Map<String, List<Flag>> modes = Map.of(
                "private", List.of(Flag.MS_REC, Flag.MS_PRIVATE),
                "slave", List.of(Flag.MS_REC, Flag.MS_SLAVE),
                "shared", List.of(Flag.MS_REC, Flag.MS_SHARED),
                "unchanged", List.of());
        String text = arguments.value(PROPAGATION);
        List<Flag> mode = modes.get(text == null ? "private" : text);
        if (mode == null) {
            throw arguments.usage("--propagation \"" + text + "\": expected private, slave, shared or unchanged");
        }
        return mode;
    }
}
