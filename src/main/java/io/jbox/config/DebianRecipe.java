package io.jbox.config;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * The ingredients of a Debian root file system. Its text is the name of an image: {@code
 * bookworm?variant=apt&package=git}.
 *
 * @param suite {@code bookworm}
 * @param variant what is installed beside the packages, as mmdebstrap(1) calls it
 * @param components of the archive, sorted
 * @param packages beside those of the variant, sorted
 * @param mirror the archive's address; empty for those that the host's apt has
 */
public record DebianRecipe(
        String suite, String variant, List<String> components, List<String> packages, String mirror) {
    /** The variant that a name does not mention. */
    public static final String MINBASE = "minbase";

    /** The variant without packages of a system: what the template {@code busybox} makes, of the archive's busybox. */
    public static final String BUSYBOX = "busybox";

    public static final List<String> VARIANTS =
            List.of("essential", "apt", MINBASE, "buildd", "important", "standard", BUSYBOX);

    /** The archive's own name for it, so that a name means the same on every host. */
    private static final String STABLE = "stable";

    private static final List<String> MAIN = List.of("main");
    private static final List<String> SCHEMES = List.of("http://", "https://", "file:/", "copy:/");

    /** Sorts the lists and removes duplicates. */
    public DebianRecipe {
        components = components.isEmpty() ? MAIN : List.copyOf(new TreeSet<>(components));
        packages = List.copyOf(new TreeSet<>(packages));
    }

    /** The template that is {@link #machine}. */
    public static final String TEMPLATE = "debian";

    /** The recipe of {@code rootfs.template: debian}: a machine with systemd and a network, and no more. */
    public static DebianRecipe machine() {
        return new DebianRecipe(
                STABLE,
                MINBASE,
                List.of(),
                List.of("systemd-sysv", "systemd-resolved", "dbus", "login", "iproute2", "iputils-ping", "sudo"),
                "");
    }

    /** The recipe of a locked {@code rootfs.template: busybox}: the archive's busybox rather than the host's. */
    public static DebianRecipe busybox() {
        return new DebianRecipe(STABLE, BUSYBOX, List.of(), List.of(), "");
    }

    /** Accepts what {@link #text} returns, in any order. */
    public static DebianRecipe parse(String text) throws BadValueException {
        int question = text.indexOf('?');
        String suite = question < 0 ? text : text.substring(0, question);
        String variant = MINBASE;
        String mirror = "";
        List<String> components = new ArrayList<>();
        List<String> packages = new ArrayList<>();
        String[] settings =
                question < 0 ? new String[0] : text.substring(question + 1).split("&", -1);
        for (String setting : settings) {
            int equals = setting.indexOf('=');
            String key = equals < 0 ? setting : setting.substring(0, equals);
            String value = setting.substring(equals + 1);
            switch (key) {
                case "variant" -> variant = value;
                case "mirror" -> mirror = mirror(value);
                case "component" -> components.add(word(value, "component"));
                case "package" -> packages.add(packageName(value));
                default ->
                    throw new BadValueException(
                            "has \"" + key + "\" after the suite", "variant, component, package and mirror are known");
            }
        }
        Syntax.require(VARIANTS.contains(variant), "has a variant other than " + String.join(", ", VARIANTS));
        Syntax.require(
                !variant.equals(BUSYBOX) || packages.isEmpty(), "has packages, which the variant busybox cannot have");
        return new DebianRecipe(word(suite, "suite"), variant, components, packages, mirror);
    }

    /** Accepts the name of a suite or component. */
    public static String word(String text, String what) throws BadValueException {
        boolean good = !text.isEmpty() && Syntax.isAlphanumeric(text.charAt(0)) && Syntax.consistsOf(text, "-._/");
        Syntax.require(good && !text.contains(".."), "is not the name of a " + what);
        return text;
    }

    /** Accepts the name of a package (Debian policy, 5.6.7). */
    public static String packageName(String text) throws BadValueException {
        boolean good = text.length() >= 2 && Syntax.isAlphanumeric(text.charAt(0));
        for (int i = 0; i < text.length() && good; i++) {
            char c = text.charAt(i);
            good = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || "+-.".indexOf(c) >= 0;
        }
        Syntax.require(good, "is not the name of a package");
        return text;
    }

    /** Accepts the address of an archive. */
    public static String mirror(String text) throws BadValueException {
        boolean known = false;
        for (String scheme : SCHEMES) {
            known |= text.startsWith(scheme);
        }
        for (int i = 0; i < text.length() && known; i++) {
            char c = text.charAt(i);
            known = c > ' ' && c < 0x7f && "?&#\"'[]@\\".indexOf(c) < 0;
        }
        if (!known) {
            throw new BadValueException("is not the address of an archive", "http://HOST/debian, or file:/FOLDER");
        }
        return text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
    }

    /** Whether it is not set up by mmdebstrap(1). */
    public boolean isBusybox() {
        return variant.equals(BUSYBOX);
    }

    /** Its text in a canonical form. */
    public String text() {
        List<String> settings = new ArrayList<>();
        if (!variant.equals(MINBASE)) {
            settings.add("variant=" + variant);
        }
        if (!components.equals(MAIN)) {
            components.forEach(component -> settings.add("component=" + component));
        }
        packages.forEach(name -> settings.add("package=" + name));
        if (!mirror.isEmpty()) {
            settings.add("mirror=" + mirror);
        }
        return suite + (settings.isEmpty() ? "" : "?" + String.join("&", settings));
    }
}
