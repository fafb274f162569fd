package io.jbox.testhost;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Makes tar archives, bad ones too: fields are written as they are given. */
public final class TarBuilder {
    private static final int BLOCK = 512;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private long uid;
    private long gid;

    /** The layer of a small system: the host's busybox, a few of its names, and two users. */
    public static TarBuilder busybox() {
        TarBuilder tar = new TarBuilder();
        for (String folder : List.of("bin", "etc", "tmp", "proc", "sys", "dev", "usr", "usr/lib", "home")) {
            tar.folder(folder);
        }
        try {
            tar.add("bin/busybox", '0', 0755, "", Files.readAllBytes(Path.of("/bin/busybox")));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        for (String program : List.of("sh", "ls", "cat", "id", "pwd", "touch", "stat", "find", "sleep")) {
            tar.link("bin/" + program, "busybox");
        }
        return tar.link("lib", "usr/lib")
                .file("etc/passwd", "root:x:0:0::/root:/bin/sh\nme:x:1000:1001::/home/me:/bin/sh\n")
                .file("etc/group", "root:x:0:\nme:x:1001:\nvideo:x:44:other,me\n")
                .owner(1000, 1001)
                .folder("home/me")
                .owner(0, 0);
    }

    /** What follows belongs to these. */
    public TarBuilder owner(long user, long group) {
        uid = user;
        gid = group;
        return this;
    }

    public TarBuilder folder(String name) {
        return add(name, '5', 0755, "", new byte[0]);
    }

    public TarBuilder file(String name, String content) {
        return add(name, '0', 0644, "", content.getBytes(StandardCharsets.UTF_8));
    }

    public TarBuilder link(String name, String target) {
        return add(name, '2', 0777, target, new byte[0]);
    }

    public TarBuilder hardLink(String name, String target) {
        return add(name, '1', 0644, target, new byte[0]);
    }

    /** One entry of any type. */
    public TarBuilder add(String name, char type, int mode, String target, byte[] content) {
        return add(name, type, mode, target, content, content.length, 0, 0);
    }

    public TarBuilder device(String name, char type, int major, int minor) {
        return add(name, type, 0666, "", new byte[0], 0, major, minor);
    }

    /** One that says of its content that it has another size. */
    public TarBuilder lying(String name, long size) {
        return add(name, '0', 0644, "", new byte[0], size, 0, 0);
    }

    /** Extended attributes and other pax records of the next entry: keyword, value. */
    public TarBuilder pax(Object... records) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < records.length; i += 2) {
            byte[] value = records[i + 1] instanceof byte[] bytes
                    ? bytes
                    : records[i + 1].toString().getBytes(StandardCharsets.UTF_8);
            byte[] key = records[i].toString().getBytes(StandardCharsets.UTF_8);
            int length = key.length + value.length + 3;
            length +=
                    Integer.toString(length + Integer.toString(length).length()).length();
            all.writeBytes((length + " ").getBytes(StandardCharsets.US_ASCII));
            all.writeBytes(key);
            all.write('=');
            all.writeBytes(value);
            all.write('\n');
        }
        return add("pax", 'x', 0644, "", all.toByteArray());
    }

    private TarBuilder add(
            String name, char type, int mode, String target, byte[] content, long size, int major, int minor) {
        byte[] longName = name.getBytes(StandardCharsets.UTF_8);
        if (longName.length > 100) {
            byte[] terminated = Arrays.copyOf(longName, longName.length + 1);
            add("././@LongLink", 'L', 0, "", terminated);
        }
        byte[] header = new byte[BLOCK];
        put(header, 0, 100, name);
        number(header, 100, 8, mode);
        number(header, 108, 8, uid);
        number(header, 116, 8, gid);
        number(header, 124, 12, size);
        number(header, 136, 12, 1_700_000_000);
        header[156] = (byte) type;
        put(header, 157, 100, target);
        put(header, 257, 8, "ustar\u000000");
        number(header, 329, 8, major);
        number(header, 337, 8, minor);
        finish(header);
        out.writeBytes(content);
        out.writeBytes(new byte[-content.length & BLOCK - 1]);
        return this;
    }

    private void finish(byte[] header) {
        Arrays.fill(header, 148, 156, (byte) ' ');
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xff;
        }
        put(header, 148, 8, String.format("%06o\0 ", sum));
        out.writeBytes(header);
    }

    /** A header block that is written as it is, but for its checksum. */
    public TarBuilder block(byte[] header, byte[]... following) {
        finish(header);
        for (byte[] block : following) {
            out.writeBytes(block);
            out.writeBytes(new byte[-block.length & BLOCK - 1]);
        }
        return this;
    }

    public static void put(byte[] header, int offset, int length, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(bytes, 0, header, offset, Math.min(length, bytes.length));
    }

    public static void number(byte[] header, int offset, int length, long number) {
        String octal = Long.toOctalString(number);
        if (octal.length() < length) {
            put(header, offset, length, "0".repeat(length - 1 - octal.length()) + octal);
            return;
        }
        for (int i = 0; i < length; i++) {
            header[offset + length - 1 - i] = i < Long.BYTES ? (byte) (number >> 8 * i) : 0;
        }
        header[offset] |= (byte) 0x80;
    }

    /** The archive so far, without an end. */
    public byte[] open() {
        return out.toByteArray();
    }

    public byte[] bytes() {
        return Arrays.copyOf(out.toByteArray(), out.size() + 2 * BLOCK);
    }
}
