package io.jbox.ids;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.config.IdMapping;
import io.jbox.number.HostGid;
import io.jbox.number.HostUid;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@link UserIds}: the user is root, the others are those of /etc/subuid. */
class UserIdsTest {
    private static List<IdMapping> of(List<String> subuid, List<String> subgid) {
        return UserIds.of(new HostUid(1000), new HostGid(100), "me", subuid, subgid)
                .look("any");
    }

    private static IdMapping one(char kind, long inside, long outside, long count) {
        return new IdMapping(kind, inside, outside, count);
    }

    @Test
    void withoutAnyThereIsRootOnly() {
        assertThat(of(List.of("other:100000:65536", "# me", "me:x:1"), List.of()))
                .containsExactly(one('u', 0, 1000, 1), one('g', 0, 100, 1));
    }

    @Test
    void usersWithoutGroupsAreNone() {
        assertThat(of(List.of("me:100000:65536"), List.of("other:100000:65536")))
                .containsExactly(one('u', 0, 1000, 1), one('g', 0, 100, 1));
    }

    @Test
    void theyFollowOneAnotherUpToTheLastIdOfABox() {
        assertThat(of(List.of("me:100000:10", "1000:300000:70000"), List.of("me:500000:65536")))
                .containsExactly(
                        one('u', 0, 1000, 1),
                        one('u', 1, 100_000, 10),
                        one('u', 11, 300_000, 65_525),
                        one('g', 0, 100, 1),
                        one('g', 1, 500_000, 65_535));
    }

    private static List<IdMapping> keeping(List<String> subuid) {
        return UserIds.keeping(new HostUid(1000), new HostGid(100), "me", subuid, List.of("me:500000:65536"));
    }

    @Test
    void aUserWhoKeepsTheirIdHasAnotherAsRoot() {
        assertThat(keeping(List.of("me:100000:65536")))
                .containsExactly(
                        one('u', 0, 100_000, 1000),
                        one('u', 1001, 101_000, 64_535),
                        one('u', 1000, 1000, 1),
                        one('g', 0, 500_000, 100),
                        one('g', 101, 500_100, 65_435),
                        one('g', 100, 100, 1));
        assertThat(keeping(List.of("me:100000:10", "me:300000:10")))
                .startsWith(one('u', 0, 100_000, 10), one('u', 10, 300_000, 10), one('u', 1000, 1000, 1));
    }

    @Test
    void withoutOthersNobodyIsKept() {
        assertThat(keeping(List.of("other:100000:65536"))).isEmpty();
    }
}
