package io.jbox.schema;

import io.jbox.config.BadValueException;
import io.jbox.config.DebianRecipe;
import io.jbox.config.ImageName;
import io.jbox.config.Syntax;
import io.jbox.config.Value;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The values of {@code rootfs.debian}, which is the long form of an image name. */
final class DebianScalars {
    static final Type.Scalar<String> SUITE = of("the name of a suite", text -> DebianRecipe.word(text, "suite"));
    static final Type.Scalar<String> COMPONENT =
            of("the name of a component", text -> DebianRecipe.word(text, "component"));
    static final Type.Scalar<String> PACKAGE = of("the name of a package", DebianRecipe::packageName);
    static final Type.Scalar<String> MIRROR = of("the address of an archive", DebianRecipe::mirror);

    private DebianScalars() {}

    /** Returns a text in its usual form. */
    private interface Parser {
        String parse(String text) throws BadValueException;
    }

    private static Type.Scalar<String> of(String shown, Parser parser) {
        return new Type.Scalar<>(shown) {
            @Override
            String parse(String text) throws BadValueException {
                return parser.parse(text);
            }

            @Override
            Map<String, Object> schema() {
                return Syntax.pattern("^[^ ]+$");
            }
        };
    }

    /** The configured image, given by its name or by its ingredients. */
    static @Nullable Value<ImageName> imageOf(Section rootfs) {
        Value<ImageName> named = rootfs.find(Keys.ROOTFS_IMAGE);
        Value<Section> debian = rootfs.find(Keys.ROOTFS_DEBIAN);
        Value<String> template = rootfs.find(Keys.ROOTFS_TEMPLATE);
        if (template != null && (named != null || debian != null)) {
            throw new JboxException(new Problem(
                    "rootfs.template: cannot be combined with rootfs." + (named == null ? "debian" : "image"),
                    template.place(),
                    null));
        }
        if (template != null && isMachine(template.get())) {
            return new Value<>(ImageName.of(DebianRecipe.machine()), template.place());
        }
        if (debian == null) {
            return named;
        }
        if (named != null) {
            throw new JboxException(
                    new Problem("rootfs.image: cannot be combined with rootfs.debian", named.place(), null));
        }
        return image(debian.get());
    }

    /** Whether a template stands for an image; the template {@code busybox} makes a folder instead. */
    static boolean isMachine(String template) {
        return template.equals(DebianRecipe.TEMPLATE);
    }

    /** @throws JboxException if the suite is missing */
    private static Value<ImageName> image(Section debian) {
        Value<String> suite = debian.find(Keys.DEBIAN_SUITE);
        if (suite == null) {
            throw new JboxException(new Problem(
                    "rootfs.debian.suite is missing", debian.place(), "rootfs: {debian: {suite: bookworm}}"));
        }
        Value<String> variant = debian.find(Keys.DEBIAN_VARIANT);
        Value<String> mirror = debian.find(Keys.DEBIAN_MIRROR);
        DebianRecipe recipe = new DebianRecipe(
                suite.get(),
                variant == null ? DebianRecipe.MINBASE : variant.get(),
                texts(debian.list(Keys.DEBIAN_COMPONENTS)),
                texts(debian.list(Keys.DEBIAN_PACKAGES)),
                mirror == null ? "" : mirror.get());
        if (recipe.isBusybox() && !recipe.packages().isEmpty()) {
            throw new JboxException(new Problem(
                    "rootfs.debian.packages: the variant busybox cannot have packages", debian.place(), null));
        }
        return new Value<>(ImageName.of(recipe), debian.place());
    }

    private static List<String> texts(List<Value<String>> values) {
        List<String> texts = new ArrayList<>();
        for (Value<String> value : values) {
            texts.add(value.get());
        }
        return texts;
    }
}
