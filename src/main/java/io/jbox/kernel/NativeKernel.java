package io.jbox.kernel;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.CallingConvention;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.MemoryIO;
import com.kenai.jffi.PageManager;
import com.kenai.jffi.Type;
import io.jbox.problem.JboxException;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Processor;
import io.jbox.uapi.Syscall;
import java.io.File;
import java.lang.reflect.Field;
import java.util.ArrayDeque;

/**
 * The running Linux kernel, called through jnr-ffi's native layer.
 *
 * <p>jnr-ffi's interface binding would cost 50 ms of every command (it generates classes at run time); the layer below
 * it needs three: to allocate and protect two pages for the stub, and to call it. Everything else is a program.
 *
 * <p>Arenas are memfds mapped {@code MAP_SHARED} at agreed addresses, so that a child that runs a program can map the
 * same bytes at the same place. They are pooled and never unmapped.
 */
public final class NativeKernel implements Kernel {
    private static final int ARENA_SIZE = 256 * 1024;
    private static final int MAX_SLOTS = 4096;

    private final Processor processor = Processor.current();
    private final Invoker invoker;
    private final CallContext walkContext;
    private final long stub;
    private final int page;
    private final long arenaBase;
    private final ArrayDeque<NativeArena> free = new ArrayDeque<>();
    private int slots;

    private NativeKernel() {
        loadLibrary();
        invoker = Invoker.getInstance();
        walkContext =
                CallContext.getCallContext(Type.VOID, new Type[] {Type.POINTER}, CallingConvention.DEFAULT, false);
        // 39 bits is the smallest user address space that aarch64 kernels are built with.
        arenaBase = processor == Processor.X86_64 ? 0x1000_0000_0000L : 0x20_0000_0000L;
        PageManager pages = PageManager.getInstance();
        page = (int) pages.pageSize();
        stub = pages.allocatePages(2, PageManager.PROT_READ | PageManager.PROT_WRITE);
        if (stub == 0 || stub == -1) {
            throw new JboxException("mmap for the stub failed");
        }
        MemoryIO.getInstance().newDirectByteBuffer(stub, page).put(Stub.function(processor));
        pages.protectPages(stub, 1, PageManager.PROT_READ | PageManager.PROT_EXEC);
    }

    /** Puts machine code into memory that is never freed; returns its address. */
    long placeCode(byte[] code) {
        PageManager pages = PageManager.getInstance();
        long address = pages.allocatePages(1, PageManager.PROT_READ | PageManager.PROT_WRITE);
        if (address == 0 || address == -1) {
            throw new JboxException("mmap for code failed");
        }
        MemoryIO.getInstance().newDirectByteBuffer(address, page).put(code);
        pages.protectPages(address, 1, PageManager.PROT_READ | PageManager.PROT_EXEC);
        return address;
    }

    /**
     * Loads the library from the path given by the launcher. jffi's own loader does the same by way of
     * java.util.logging and a dozen places it might be at, which takes 15 ms. It is told through a field that the
     * library is loaded; if it no longer has the field, it loads the library again.
     */
    private static void loadLibrary() {
        String folder = System.getProperty("jffi.boot.library.path");
        if (folder == null) {
            return;
        }
        File library = new File(folder, "libjffi-1.2.so");
        if (!library.exists()) {
            return;
        }
        System.load(library.getAbsolutePath());
        try {
            Field loaded = Class.forName("com.kenai.jffi.Init").getDeclaredField("loaded");
            loaded.setAccessible(true);
            loaded.setBoolean(null, true);
        } catch (ReflectiveOperationException e) {
            return;
        }
    }

    private static final class Holder {
        static final NativeKernel INSTANCE = new NativeKernel();
    }

    /**
     * The kernel this JVM runs on.
     *
     * @throws JboxException if the native library cannot be loaded or the stub not be made executable
     */
    public static NativeKernel open() {
        try {
            return Holder.INSTANCE;
        } catch (ExceptionInInitializerError e) {
            if (e.getCause() instanceof JboxException cause) {
                throw cause;
            }
            throw e;
        }
    }

    @Override
    public Processor processor() {
        return processor;
    }

    @Override
    public void walk(long first) {
        invoker.invokeN1(walkContext, stub, first);
    }

    @Override
    public Arena arena() {
        synchronized (free) {
            NativeArena arena = free.pollFirst();
            if (arena != null) {
                return arena;
            }
            return map(ARENA_SIZE);
        }
    }

    @Override
    public Arena arena(int bytes) {
        if (bytes <= ARENA_SIZE) {
            return arena();
        }
        synchronized (free) {
            return map((bytes + ARENA_SIZE - 1) / ARENA_SIZE * ARENA_SIZE);
        }
    }

    /** Maps a new arena at the first free slots; the second page beside the stub holds the program that does it. */
    private NativeArena map(int size) {
        Program boot =
                new Program(processor, MemoryIO.getInstance().newDirectByteBuffer(stub + page, page), stub + page);
        boot.clear();
        Op memfd = boot.op(Syscall.MEMFD_CREATE, boot.text("jbox"), Constants.MFD_CLOEXEC | Constants.MFD_EXEC);
        Op oldMemfd = boot.op(Syscall.MEMFD_CREATE, boot.text("jbox"), Constants.MFD_CLOEXEC);
        long fd = boot.space(Long.BYTES);
        memfd.store(fd).onPositive(0).onZero(0);
        oldMemfd.store(fd).next(0);
        walk(memfd.address());
        int descriptor = boot.readInt(fd);
        if (descriptor < 0) {
            throw new JboxException("memfd_create: " + Errno.describe(-descriptor));
        }
        Op truncate = boot.op(Syscall.FTRUNCATE, descriptor, size).next(0);
        walk(truncate.address());
        if (truncate.result() < 0) {
            throw new JboxException(
                    "memory of jbox's own: ftruncate: " + Errno.describe((int) -truncate.result()), "ulimit -f");
        }
        int wanted = size / ARENA_SIZE;
        for (int tried = 0; tried < MAX_SLOTS; tried += wanted) {
            if (slots + wanted > MAX_SLOTS) {
                // Those of large arenas are free again.
                slots = 0;
            }
            long address = arenaBase + (long) slots * ARENA_SIZE;
            slots += wanted;
            Op map = boot.op(
                            Syscall.MMAP,
                            address,
                            size,
                            Constants.PROT_READ | Constants.PROT_WRITE,
                            Constants.MAP_SHARED | Constants.MAP_FIXED_NOREPLACE,
                            descriptor,
                            0)
                    .next(0);
            walk(map.address());
            if (map.result() == address) {
                boot.clear();
                Op close = boot.op(Syscall.CLOSE, descriptor).next(0);
                walk(close.address());
                return new NativeArena(address, size);
            }
            if (map.result() != -Errno.EEXIST) {
                throw new JboxException("mmap of an arena: " + Errno.describe((int) -map.result()));
            }
            boot.clear();
        }
        throw new JboxException("no address is free for an arena");
    }

    private final class NativeArena implements Arena {
        private final Program program;
        private final long address;
        private final int size;

        NativeArena(long address, int size) {
            this.address = address;
            this.size = size;
            program = new Program(processor, MemoryIO.getInstance().newDirectByteBuffer(address, size), address);
        }

        @Override
        public Program program() {
            return program;
        }

        @Override
        public void close() {
            if (size > ARENA_SIZE) {
                // Too large to keep for smaller requests.
                NativeKernel.this.call(Syscall.MUNMAP, address, size);
                return;
            }
            program.clear();
            synchronized (free) {
                free.addFirst(this);
            }
        }
    }
}
