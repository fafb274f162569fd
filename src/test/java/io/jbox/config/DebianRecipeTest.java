package io.jbox.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DebianRecipeTest {
    private static final String HASH = "ab".repeat(32);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bookworm",
                "bookworm?variant=apt",
                "bookworm?variant=busybox",
                "bookworm?package=g++&package=git",
                "trixie?variant=buildd&component=contrib&component=main&package=a1&mirror=http://deb.example/debian",
                "bookworm/updates?mirror=file:/srv/archive"
            })
    void itsTextIsReadAsTheSame(String text) throws BadValueException {
        assertThat(DebianRecipe.parse(text).text()).isEqualTo(text);
        ImageName name = ImageName.parse("deb:" + text);
        assertThat(name.toString()).isEqualTo("deb:" + text);
        assertThat(ImageName.parse(name.pinned("sha256:" + HASH).toString()).digest())
                .isEqualTo("sha256:" + HASH);
        assertThat(name.isLocal()).isFalse();
        assertThat(Syntax.isBoxName(name.shortName())).isTrue();
    }

    /** Two that say the same have one name. */
    @Test
    void whatIsSortedOrUsualIsNotInIt() throws BadValueException {
        assertThat(DebianRecipe.parse("bookworm?package=vim&package=git&package=vim&component=main&variant=minbase"
                                + "&mirror=http://deb.example/debian/")
                        .text())
                .isEqualTo("bookworm?package=git&package=vim&mirror=http://deb.example/debian");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "?package=git",
                "../etc",
                "a b",
                "-a",
                "a?package=",
                "a?package=Git",
                "a?package=-x",
                "a?package=a=1.0",
                "a?variant=huge",
                "a?variant=busybox&package=git",
                "a?colour=red",
                "a?mirror=ftp://x",
                "a?mirror=http://x/ [trusted=yes]",
                "a?mirror=http://x/\ndeb"
            })
    void whatAptWouldReadAsSomethingElseIsRefused(String text) {
        assertThatThrownBy(() -> DebianRecipe.parse(text)).isInstanceOf(BadValueException.class);
        assertThatThrownBy(() -> ImageName.parse("deb:" + text)).isInstanceOf(BadValueException.class);
    }

    @Test
    void aListOfPackagesIsReadAsTheSame() throws BadValueException {
        PackageList list = PackageList.parse(
                17,
                List.of("git 1:2.39~rc1-1+b2 pool/main/g/git/git_2.39_amd64.deb 120 " + HASH, "apt 1 a.deb 1 " + HASH));

        assertThat(list.lines())
                .containsExactly(
                        "apt 1 a.deb 1 " + HASH, "git 1:2.39~rc1-1+b2 pool/main/g/git/git_2.39_amd64.deb 120 " + HASH);
        assertThat(PackageList.parse(17, list.lines())).isEqualTo(list);
        DebianRecipe recipe = DebianRecipe.parse("bookworm");
        assertThat(PackageList.parse(18, list.lines()).manifest(recipe)).isNotEqualTo(list.manifest(recipe));
        assertThat(list.manifest(DebianRecipe.parse("trixie"))).isNotEqualTo(list.manifest(recipe));
        assertThat(new PackageList(17, list.packages().subList(0, 1)).manifest(recipe))
                .isNotEqualTo(list.manifest(recipe));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "git 1 a.deb 1",
                "git 1 /etc/passwd 1 HASH",
                "git 1 ../../etc/passwd 1 HASH",
                "git 1 a/../../b 1 HASH",
                "git 1 a/%2e%2E/../b 1 HASH",
                "git 1 a/%2e./b 1 HASH",
                "git 1 a%2F..%2fb 1 HASH",
                "git 1 %2fetc/passwd 1 HASH",
                "git 1 a%00b 1 HASH",
                "git 1 a\"b 1 HASH",
                "git 1 a.deb 0 HASH",
                "git 1 a.deb x HASH",
                "git 1 a.deb 1 abc",
                "-o 1 a.deb 1 HASH",
                "git  a.deb 1 HASH"
            })
    void whatIsNoPackageIsRefused(String line) {
        assertThatThrownBy(() -> PackageList.Package.parse(line.replace("HASH", HASH)))
                .isInstanceOf(BadValueException.class);
    }

    @Test
    void someOfAListAreUpdated() throws BadValueException {
        PackageList before = list(1, "aa 1", "bb 1", "gone 1");
        PackageList newer = list(2, "aa 2", "bb 2", "new 2");

        assertThat(before.with(newer, List.of("bb"))).isEqualTo(list(2, "aa 1", "bb 2", "new 2"));
        assertThat(before.with(newer, List.of("aa", "bb", "new"))).isEqualTo(newer);
        assertThatThrownBy(() -> before.with(newer, List.of("aa", "gone")))
                .isInstanceOf(BadValueException.class)
                .hasMessage("has no package gone");
    }

    private static PackageList list(long epoch, String... packages) throws BadValueException {
        List<String> lines = new ArrayList<>();
        for (String one : packages) {
            lines.add(one + " p.deb 1 " + HASH);
        }
        return PackageList.parse(epoch, lines);
    }
}
