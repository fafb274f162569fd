package io.jbox.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MountTableTest {
    @ParameterizedTest
    @CsvSource({
        "/plain, /plain",
        "/a\\040b, '/a b'",
        "/a\\011b, '/a\tb'",
        "/a\\012b, '/a\nb'",
        "/a\\134b, /a\\b",
        "/a\\134040b, /a\\040b",
        "/ü\\040中, '/ü 中'",
        "/ends\\, /ends\\"
    })
    void whatTheKernelWritesInOctalIsReadable(String written, String meant) {
        assertThat(MountTable.unescaped(written)).isEqualTo(meant);
    }

    @Test
    void everyProcessSeesARootAndProc() throws IOException {
        assertThat(MountTable.read("self")).extracting(MountTable.Mount::point).contains("/", "/proc");
    }
}
