package io.jbox.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.jbox.number.HostGid;
import io.jbox.number.HostUid;
import io.jbox.number.Pid;
import io.jbox.problem.JboxException;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Syscall;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The typed calls over a kernel that answers as it is told. */
class TypedCallsTest {
    private static final int NUMBER = 7;

    /** A call through the typed layer. */
    interface TypedCall {
        void make(Kernel kernel, Fd file) throws KernelException;
    }

    private static Fd file(Kernel kernel) {
        return Fd.of(kernel, NUMBER);
    }

    private static List<String> names(RecordingKernel kernel) {
        List<String> names = new ArrayList<>();
        kernel.made().forEach(made -> names.add(made.name()));
        return names;
    }

    static Stream<Arguments> calls() {
        return Stream.of(
                call("openat", (kernel, file) -> PathCalls.open(kernel, "/a", Constants.O_RDONLY)),
                call("openat2", (kernel, file) -> PathCalls.openAt2(kernel, file, "a", 0, 0, 0)),
                call("mkdirat", (kernel, file) -> PathCalls.makeFolder(kernel, "/a", 0700)),
                call("unlinkat", (kernel, file) -> PathCalls.removeFolderAt(file, "a")),
                call("renameat2", (kernel, file) -> PathCalls.rename(kernel, "/a", "/b")),
                call("readlinkat", (kernel, file) -> PathCalls.readLink(kernel, file, "a")),
                call("fchmodat", (kernel, file) -> PathCalls.changeMode(kernel, "/a", 0700)),
                call("read", (kernel, file) -> FileCalls.read(file, 8)),
                call("pread64", (kernel, file) -> FileCalls.readFromStart(file, 8)),
                call("write", (kernel, file) -> FileCalls.writeOnce(file, new byte[1])),
                call("fsync", (kernel, file) -> FileCalls.sync(file)),
                call("fchmod", (kernel, file) -> FileCalls.changeMode(file, 0700)),
                call("fchownat", (kernel, file) -> FileCalls.changeOwner(file, new HostUid(1), new HostGid(1))),
                call("fstatfs", (kernel, file) -> FileCalls.fileSystem(file)),
                call("statx", (kernel, file) -> FileStatus.of(file)),
                call("getdents64", (kernel, file) -> FolderCalls.names(file)),
                call("flock", (kernel, file) -> FileLocks.take(file)),
                call("fcntl", (kernel, file) -> FileLocks.isByteLocked(file, 1)),
                call("fcntl", (kernel, file) -> file.setNonBlocking()),
                call("ioctl", (kernel, file) -> Ioctl.ask(file, 1)),
                call("ioctl", (kernel, file) -> Ioctl.exchange(file, 1, new byte[8])),
                call("pidfd_open", (kernel, file) -> Pidfd.open(kernel, new Pid(1))),
                call("pidfd_send_signal", (kernel, file) -> Pidfd.signal(file, 1)),
                call("pidfd_getfd", (kernel, file) -> Pidfd.descriptor(file, 1)),
                call("wait4", (kernel, file) -> Pidfd.reap(kernel, new Pid(1))),
                call("pipe2", (kernel, file) -> Pipe.open(kernel, 0)),
                call("tee", (kernel, file) -> Pipe.duplicate(file, file, 1)),
                call("socket", (kernel, file) -> SocketCalls.open(kernel, 1, 1, 0)),
                call("sendto", (kernel, file) -> SocketCalls.send(file, new byte[1])),
                call("recvfrom", (kernel, file) -> SocketCalls.receiveFromKernel(file, 8)),
                call("prlimit64", (kernel, file) -> ResourceLimit.of(kernel, 1)),
                call("mount", (kernel, file) -> Mounts.bind(kernel, "/a", "/b")),
                call("umount2", (kernel, file) -> Mounts.detach(kernel, "/a")),
                call("mkdirat", (kernel, file) -> NodeCalls.makeFolder(file, "a", 0700)),
                call("mknodat", (kernel, file) -> NodeCalls.makeNode(file, "a", Constants.S_IFCHR, 1, 3)),
                call("openat", (kernel, file) -> NodeCalls.makeFile(file, "a")),
                call("unlinkat", (kernel, file) -> NodeCalls.remove(file, "a", false)),
                call("fchmodat", (kernel, file) -> NodeCalls.changeMode(file, "a", 0700)),
                call("fchownat", (kernel, file) -> NodeCalls.changeOwner(file, "a", 1, 1)),
                call("symlinkat", (kernel, file) -> NodeCalls.symlink(file, "a", "b")),
                call("linkat", (kernel, file) -> NodeCalls.link(file, "a", file, "b")),
                call("renameat2", (kernel, file) -> NodeCalls.rename(file, "a", file, "b")),
                call("utimensat", (kernel, file) -> NodeCalls.setTime(file, "a", 1)),
                call("ftruncate", (kernel, file) -> NodeCalls.setLength(file, 1)),
                call("setxattr", (kernel, file) -> NodeCalls.setAttribute(file, "user.a", new byte[1])),
                call("listxattr", (kernel, file) -> NodeCalls.attributes(file)),
                call("getxattr", (kernel, file) -> NodeCalls.attribute(file, "user.a")),
                call("ppoll", (kernel, file) -> Poll.isReadable(file, 1000)),
                call("ppoll", (kernel, file) -> Poll.awaitWritable(file)));
    }

    /** The kernel's encoding of a device's number (kdev_t.h, new_encode_dev). */
    @Test
    void deviceNumbersAreTheKernels() throws KernelException {
        RecordingKernel kernel = new RecordingKernel((call, arguments) -> 0);
        NodeCalls.makeNode(file(kernel), "a", Constants.S_IFCHR, 1, 3);
        NodeCalls.makeNode(file(kernel), "b", Constants.S_IFBLK, 259, 300);
        assertThat(kernel.made().get(0).arguments().get(3)).isEqualTo(0x103L);
        assertThat(kernel.made().get(1).arguments().get(3)).isEqualTo(259L << 8 | 300 & 0xff | (300L & ~0xff) << 12);
    }

    private static Arguments call(String name, TypedCall call) {
        return Arguments.of(name, call);
    }

    @ParameterizedTest
    @MethodSource("calls")
    void repeatsWhatASignalInterrupts(String name, TypedCall typed) throws KernelException {
        int[] made = {0};
        RecordingKernel kernel = new RecordingKernel((call, arguments) -> made[0]++ < 2 ? -Errno.EINTR : 0);
        typed.make(kernel, file(kernel));
        assertThat(names(kernel)).containsExactly(name, name, name);
    }

    @Test
    void neverRepeatsAClose() {
        RecordingKernel kernel = new RecordingKernel((call, arguments) -> -Errno.EINTR);
        file(kernel).close();
        assertThat(names(kernel)).containsExactly("close");
    }

    @Test
    void closesOnce() {
        RecordingKernel kernel = new RecordingKernel((call, arguments) -> 0);
        Fd file = file(kernel);
        file.close();
        file.close();
        assertThat(kernel.made()).hasSize(1);
        assertThat(kernel.made().get(0).arguments().get(0)).isEqualTo(NUMBER);
        assertThat(file.isOpen()).isFalse();
        assertThat(file.number()).isEqualTo(-1);
    }

    @Test
    void leavesADescriptorThatWasHandedOverOpen() {
        RecordingKernel kernel = new RecordingKernel((call, arguments) -> 0);
        Fd taken;
        try (Fd file = file(kernel)) {
            taken = file.release();
        }
        assertThat(kernel.made()).isEmpty();
        assertThat(taken.number()).isEqualTo(NUMBER);
        taken.close();
        assertThat(names(kernel)).containsExactly("close");
    }

    @Test
    void leavesABorrowedDescriptorOpen() {
        RecordingKernel kernel = new RecordingKernel((call, arguments) -> 0);
        Fd.borrowed(kernel, 0).close();
        assertThat(kernel.made()).isEmpty();
    }

    @Test
    void opensNothingThatAProgramInherits() throws KernelException {
        RecordingKernel kernel = new RecordingKernel((call, arguments) -> NUMBER);
        assertThat(PathCalls.open(kernel, "/a", Constants.O_PATH).number()).isEqualTo(NUMBER);
        assertThat(kernel.made().get(0).arguments().get(2)).isEqualTo(Constants.O_PATH | Constants.O_CLOEXEC);
    }

    @Test
    void tellsWhatWasRefused() {
        RecordingKernel kernel = new RecordingKernel((call, arguments) -> -Errno.ENOENT);
        KernelException refusal =
                catchThrowableOfType(KernelException.class, () -> PathCalls.open(kernel, "/a", Constants.O_RDONLY));
        assertThat(refusal.is(Errno.ENOENT)).isTrue();
        assertThat(refusal).hasMessage("No such file or directory (ENOENT)");
        assertThat(refusal.about("/a")).isInstanceOf(JboxException.class).hasMessage("/a: " + refusal.words());
        assertThat(PathCalls.find(kernel, "/a", Constants.O_RDONLY)).isNull();
    }

    @Test
    void takesALockOfSomebodyElseForNoError() throws KernelException {
        RecordingKernel kernel = new RecordingKernel((call, arguments) -> -Errno.EAGAIN);
        assertThat(FileLocks.tryTake(file(kernel))).isFalse();
        assertThat(FileLocks.tryShare(file(kernel))).isFalse();
        assertThat(FileLocks.tryShareByte(file(kernel), 1)).isFalse();
        assertThat(FileLocks.tryTakeByte(file(kernel), 1)).isFalse();
    }

    @Test
    void throwsIfALockIsRefused() {
        RecordingKernel kernel = new RecordingKernel((call, arguments) -> -Errno.EBADF);
        assertThatThrownBy(() -> FileLocks.tryTake(file(kernel))).isInstanceOf(KernelException.class);
        assertThatThrownBy(() -> FileLocks.tryTakeByte(file(kernel), 1)).isInstanceOf(KernelException.class);
    }

    @Test
    void saysThatAFileHasNoRoomForAllBytes() {
        RecordingKernel kernel = new RecordingKernel((call, arguments) -> 1);
        assertThatThrownBy(() -> FileCalls.write(file(kernel), new byte[2])).hasMessageContaining("(ENOSPC)");
    }

    @Test
    void writesAllToAFileThatIsFullForAMoment() throws KernelException {
        int[] made = {0};
        RecordingKernel kernel = new RecordingKernel(
                (call, arguments) -> call == Syscall.PPOLL ? 1 : made[0]++ == 0 ? -Errno.EAGAIN : arguments.get(2));
        try (Buffer buffer = new Buffer(kernel, 16)) {
            buffer.writeAllTo(file(kernel), 16);
        }
        assertThat(names(kernel)).containsExactly("write", "ppoll", "write");
    }

    @Test
    void goesBackToItsOwnNetworkBeforeAnythingElse() throws KernelException {
        RecordingKernel kernel =
                new RecordingKernel((call, arguments) -> call == Syscall.OPENAT || call == Syscall.SOCKET ? NUMBER : 0);
        ForeignSocket.open(file(kernel), Constants.AF_NETLINK, Constants.SOCK_RAW, 0);
        assertThat(names(kernel)).containsExactly("openat", "setns", "socket", "setns", "close");
    }

    @Test
    void makesNoSocketInANetworkThatItCannotEnter() {
        RecordingKernel kernel = new RecordingKernel(
                (call, arguments) -> call == Syscall.OPENAT ? NUMBER : call == Syscall.SETNS ? -Errno.EINVAL : 0);
        assertThatThrownBy(() -> ForeignSocket.open(file(kernel), Constants.AF_NETLINK, Constants.SOCK_RAW, 0))
                .isInstanceOf(JboxException.class)
                .hasMessage("setns: Invalid argument (EINVAL)");
        assertThat(names(kernel)).containsExactly("openat", "setns", "close");
    }

    @Test
    void waitsForNoChildThatCouldNotBeMade() {
        RecordingKernel kernel = new RecordingKernel((call, arguments) -> call == Syscall.CLONE3 ? -Errno.ENOMEM : 0);
        SpawnedImage.start(kernel, Fd.of(kernel, 5), "image", Fd.borrowed(kernel, 0), Fd.of(kernel, 4))
                .await();
        assertThat(names(kernel)).containsExactly("rt_sigprocmask", "clone3", "rt_sigprocmask");
    }
}
