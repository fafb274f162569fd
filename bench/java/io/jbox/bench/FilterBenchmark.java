package io.jbox.bench;

import io.jbox.seccomp.DefaultProfile;
import io.jbox.seccomp.FilterCompiler;
import java.util.Set;

/** The default filter in a JVM that has made none before: prints microseconds for the first and for the second. */
public final class FilterBenchmark {
    private FilterBenchmark() {}

    public static void main(String[] words) {
        long start = System.nanoTime();
        int length = FilterCompiler.compile(DefaultProfile.of(Set.of("SYS_CHROOT", "SYS_BOOT")), "x86_64")
                .length();
        long first = System.nanoTime();
        length += FilterCompiler.compile(DefaultProfile.of(Set.of("SYS_CHROOT")), "x86_64")
                .length();
        long second = System.nanoTime();
        System.out.println((first - start) / 1000 + " " + (second - first) / 1000 + " " + length);
    }
}
