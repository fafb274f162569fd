package io.jbox.plan;

import static io.jbox.plan.BpfAssembler.PACKET_BYTE;
import static io.jbox.plan.BpfAssembler.PACKET_BYTE_BEHIND;
import static io.jbox.plan.BpfAssembler.PACKET_HALF;
import static io.jbox.plan.BpfAssembler.PACKET_HALF_BEHIND;
import static io.jbox.plan.BpfAssembler.PACKET_WORD;
import static io.jbox.plan.BpfAssembler.PACKET_WORD_BEHIND;

import io.jbox.facts.Label;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Compiles the filter for what a box on a bridge may send, run at the host's end of its veth (BPF_PROG_TYPE_SCHED_CLS
 * at clsact's ingress, Linux 4.5): frames with its own hardware address, and in them IPv4, ARP and IPv6 from its own
 * addresses. It refuses DHCP server answers, DHCP requests in another client's name, router advertisements, group
 * queries, redirects, neighbour messages for other addresses, VLANs and all other protocols. It is not part of an
 * nftables or iptables ruleset, so flushing those does not remove it.
 */
final class SourceProgram {
    private static final int MOST = 160;
    private static final int MOST_OF_ADDRESS = 10;

    /** TC_ACT_UNSPEC: leaves the decision to other filters. */
    private static final int PASS = -1;

    private static final int DROP = 2;

    private static final int R0 = 0;
    private static final int R1 = 1;
    /** The register that holds struct __sk_buff for instructions that read the packet. */
    private static final int CONTEXT = 6;

    private static final int LENGTH = 7;
    private static final int HEADER = 8;

    private static final int OFFSET_LENGTH = 0;
    private static final int OFFSET_VLAN_PRESENT = 20;

    private static final int ETHERNET = 14;
    private static final int ETHERNET_SOURCE = 6;
    private static final int ETHERNET_TYPE = 12;
    private static final int TYPE_IPV4 = 0x0800;
    private static final int TYPE_ARP = 0x0806;
    private static final int TYPE_IPV6 = 0x86dd;

    private static final int IGMP = 2;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int ICMPV6 = 58;
    private static final int HOP_BY_HOP = 0;
    private static final int FRAGMENT = 44;
    /** Headers that anything can follow: routing, authentication, destination, mobility, HIP and shim6. */
    private static final int[] OTHER_HEADERS = {43, 51, 60, 135, 139, 140};

    private static final int DHCP_SERVER = 67;
    private static final int DHCP_CLIENT = 68;
    private static final int DHCPV6_CLIENT = 546;
    private static final int DHCPV6_SERVER = 547;
    /** Offset of the DHCP client's hardware address from the UDP header. */
    private static final int DHCP_HARDWARE = 36;

    private static final int IGMP_QUERY = 0x11;
    private static final int LISTENER_QUERY = 130;
    private static final int[] LISTENER_REPORTS = {131, 132, 143};
    private static final int ROUTER_SOLICITATION = 133;
    private static final int ROUTER_ADVERTISEMENT = 134;
    private static final int NEIGHBOUR_SOLICITATION = 135;
    private static final int NEIGHBOUR_ADVERTISEMENT = 136;
    private static final int REDIRECT = 137;

    private final byte[] hardware;
    private final List<byte[]> ipv4;
    private final List<byte[]> ipv6;
    private final BpfAssembler out;
    private final BpfAssembler.Label pass;
    private final BpfAssembler.Label drop;

    private SourceProgram(byte[] hardware, List<byte[]> ipv4, List<byte[]> ipv6) {
        this.hardware = hardware;
        this.ipv4 = ipv4;
        this.ipv6 = ipv6;
        out = new BpfAssembler(MOST + (2 * ipv4.size() + 2 * (1 + ipv6.size())) * MOST_OF_ADDRESS);
        pass = out.new Label();
        drop = out.new Label();
    }

    /**
     * Returns the instructions, 8 bytes each.
     *
     * @param hardware the box's hardware address, 6 bytes
     * @param ipv4 its own addresses, 4 bytes each
     * @param ipv6 its own addresses, 16 bytes each
     */
    static byte[] of(byte[] hardware, List<byte[]> ipv4, List<byte[]> ipv6) {
        SourceProgram program = new SourceProgram(hardware, ipv4, ipv6);
        program.compile();
        return program.out.bytes();
    }

    private void compile() {
        BpfAssembler.Label isArp = out.new Label();
        BpfAssembler.Label isIpv6 = out.new Label();
        out.emit(BpfAssembler.MOVE, CONTEXT, R1, 0, 0);
        out.emit(BpfAssembler.LOAD_WORD, R0, CONTEXT, OFFSET_VLAN_PRESENT, 0);
        out.jump(BpfAssembler.JUMP_NOT_EQUAL, R0, 0, drop);
        out.emit(BpfAssembler.LOAD_WORD, LENGTH, CONTEXT, OFFSET_LENGTH, 0);
        hardwareIsOwn(ETHERNET_SOURCE);
        load(PACKET_HALF, ETHERNET_TYPE);
        out.jump(BpfAssembler.JUMP_EQUAL, R0, TYPE_ARP, isArp);
        out.jump(BpfAssembler.JUMP_EQUAL, R0, TYPE_IPV6, isIpv6);
        out.jump(BpfAssembler.JUMP_NOT_EQUAL, R0, TYPE_IPV4, drop);
        ipv4();
        isArp.here();
        arp();
        isIpv6.here();
        ipv6();
        pass.here();
        out.result(PASS);
        drop.here();
        out.result(DROP);
    }

    private void load(int code, int offset) {
        out.emit(code, 0, 0, 0, offset);
    }

    /** Checks that the packet is at least as long as its headers: a read past its end would end the program. */
    private void isAtLeast(int bytes) {
        out.jump(BpfAssembler.JUMP_LESS, LENGTH, bytes, drop);
    }

    private void hardwareIsOwn(int offset) {
        ByteBuffer own = ByteBuffer.wrap(hardware);
        isAtLeast(offset + hardware.length);
        load(PACKET_WORD, offset);
        out.jump(BpfAssembler.JUMP_NOT_EQUAL_32, R0, own.getInt(0), drop);
        load(PACKET_HALF, offset + Integer.BYTES);
        out.jump(BpfAssembler.JUMP_NOT_EQUAL_32, R0, own.getShort(Integer.BYTES) & 0xffff, drop);
    }

    /** A box without an address may ask a DHCP server, from 0.0.0.0. */
    private void ipv4() {
        BpfAssembler.Label own = out.new Label();
        BpfAssembler.Label dhcp = out.new Label();
        BpfAssembler.Label groups = out.new Label();
        isAtLeast(ETHERNET + 20);
        load(PACKET_WORD, ETHERNET + 12);
        for (byte[] address : ipv4) {
            out.jump(BpfAssembler.JUMP_EQUAL_32, R0, ByteBuffer.wrap(address).getInt(), own);
        }
        out.jump(BpfAssembler.JUMP_NOT_EQUAL_32, R0, 0, drop);
        load(PACKET_BYTE, ETHERNET + 9);
        out.jump(BpfAssembler.JUMP_EQUAL, R0, IGMP, groups);
        out.jump(BpfAssembler.JUMP_NOT_EQUAL, R0, UDP, drop);
        loadHeaderLength();
        out.emit(PACKET_HALF_BEHIND, 0, HEADER, 0, ETHERNET + 2);
        out.jump(BpfAssembler.JUMP_EQUAL, R0, DHCP_SERVER, dhcp);
        out.jump(drop);

        if (!ipv4.isEmpty()) {
            own.here();
            ownIpv4(groups, dhcp);
        }

        groups.here();
        loadHeaderLength();
        out.emit(PACKET_BYTE_BEHIND, 0, HEADER, 0, ETHERNET);
        out.jump(BpfAssembler.JUMP_EQUAL, R0, IGMP_QUERY, drop);
        out.jump(pass);

        // Only with its own hardware address, and unfragmented: a server does not check who sent it.
        dhcp.here();
        load(PACKET_HALF, ETHERNET + 6);
        out.emit(BpfAssembler.AND, R0, 0, 0, 0x3fff);
        out.jump(BpfAssembler.JUMP_NOT_EQUAL, R0, 0, drop);
        isAtLeast(ETHERNET + 20 + DHCP_HARDWARE + hardware.length);
        ByteBuffer mac = ByteBuffer.wrap(hardware);
        out.emit(PACKET_WORD_BEHIND, 0, HEADER, 0, ETHERNET + DHCP_HARDWARE);
        out.jump(BpfAssembler.JUMP_NOT_EQUAL_32, R0, mac.getInt(0), drop);
        out.emit(PACKET_HALF_BEHIND, 0, HEADER, 0, ETHERNET + DHCP_HARDWARE + Integer.BYTES);
        out.jump(BpfAssembler.JUMP_NOT_EQUAL_32, R0, mac.getShort(Integer.BYTES) & 0xffff, drop);
        out.jump(pass);
    }

    private void ownIpv4(BpfAssembler.Label groups, BpfAssembler.Label dhcp) {
        load(PACKET_BYTE, ETHERNET + 9);
        out.jump(BpfAssembler.JUMP_EQUAL, R0, IGMP, groups);
        out.jump(BpfAssembler.JUMP_NOT_EQUAL, R0, UDP, pass);
        load(PACKET_HALF, ETHERNET + 6);
        out.emit(BpfAssembler.AND, R0, 0, 0, 0x1fff);
        // Only the first fragment has ports, and the others are useless without it.
        out.jump(BpfAssembler.JUMP_NOT_EQUAL, R0, 0, pass);
        loadHeaderLength();
        out.emit(PACKET_HALF_BEHIND, 0, HEADER, 0, ETHERNET);
        out.jump(BpfAssembler.JUMP_EQUAL, R0, DHCP_SERVER, drop);
        out.emit(PACKET_HALF_BEHIND, 0, HEADER, 0, ETHERNET + 2);
        out.jump(BpfAssembler.JUMP_EQUAL, R0, DHCP_CLIENT, drop);
        out.jump(BpfAssembler.JUMP_EQUAL, R0, DHCP_SERVER, dhcp);
        out.jump(pass);
    }

    /** Loads the length of the IPv4 header, which may have options. */
    private void loadHeaderLength() {
        load(PACKET_BYTE, ETHERNET);
        out.emit(BpfAssembler.AND, R0, 0, 0, 0xf);
        out.emit(BpfAssembler.SHIFT_LEFT, R0, 0, 0, 2);
        out.emit(BpfAssembler.MOVE, HEADER, R0, 0, 0);
    }

    private void arp() {
        isAtLeast(ETHERNET + 28);
        // Ethernet and IPv4, with addresses of 6 and 4 bytes.
        load(PACKET_WORD, ETHERNET);
        out.jump(BpfAssembler.JUMP_NOT_EQUAL_32, R0, 0x1_0800, drop);
        load(PACKET_HALF, ETHERNET + 4);
        out.jump(BpfAssembler.JUMP_NOT_EQUAL_32, R0, 0x604, drop);
        hardwareIsOwn(ETHERNET + 8);
        load(PACKET_WORD, ETHERNET + 14);
        for (byte[] address : ipv4) {
            out.jump(BpfAssembler.JUMP_EQUAL_32, R0, ByteBuffer.wrap(address).getInt(), pass);
        }
        // A sender that probes whether an address is free has none yet.
        out.jump(BpfAssembler.JUMP_EQUAL_32, R0, 0, pass);
        out.jump(drop);
    }

    private void ipv6() {
        BpfAssembler.Label own = out.new Label();
        BpfAssembler.Label neighbours = out.new Label();
        BpfAssembler.Label solicits = out.new Label();
        BpfAssembler.Label datagrams = out.new Label();
        BpfAssembler.Label options = out.new Label();
        BpfAssembler.Label fragments = out.new Label();
        isAtLeast(ETHERNET + 40);
        for (byte[] address : ipv6) {
            jumpIfIpv6(ETHERNET + 8, address, own);
        }
        // A sender without an address may look for a router, probe its own addresses, and join groups.
        BpfAssembler.Label unspecified = out.new Label();
        jumpIfIpv6(ETHERNET + 8, new byte[16], unspecified);
        out.jump(drop);
        unspecified.here();
        load(PACKET_BYTE, ETHERNET + 6);
        out.jump(BpfAssembler.JUMP_EQUAL, R0, HOP_BY_HOP, options);
        out.jump(BpfAssembler.JUMP_NOT_EQUAL, R0, ICMPV6, drop);
        isAtLeast(ETHERNET + 44);
        load(PACKET_BYTE, ETHERNET + 40);
        out.jump(BpfAssembler.JUMP_EQUAL, R0, ROUTER_SOLICITATION, pass);
        out.jump(BpfAssembler.JUMP_EQUAL, R0, NEIGHBOUR_SOLICITATION, solicits);
        for (int report : LISTENER_REPORTS) {
            out.jump(BpfAssembler.JUMP_EQUAL, R0, report, pass);
        }
        out.jump(drop);

        own.here();
        load(PACKET_BYTE, ETHERNET + 6);
        out.jump(BpfAssembler.JUMP_EQUAL, R0, ICMPV6, neighbours);
        out.jump(BpfAssembler.JUMP_EQUAL, R0, UDP, datagrams);
        out.jump(BpfAssembler.JUMP_EQUAL, R0, HOP_BY_HOP, options);
        out.jump(BpfAssembler.JUMP_EQUAL, R0, FRAGMENT, fragments);
        for (int header : OTHER_HEADERS) {
            out.jump(BpfAssembler.JUMP_EQUAL, R0, header, drop);
        }
        out.jump(pass);

        // Group reports have options (RFC 3810); nothing else here needs them.
        options.here();
        isAtLeast(ETHERNET + 52);
        load(PACKET_BYTE, ETHERNET + 40);
        out.jump(BpfAssembler.JUMP_NOT_EQUAL, R0, ICMPV6, drop);
        load(PACKET_BYTE, ETHERNET + 41);
        out.jump(BpfAssembler.JUMP_NOT_EQUAL, R0, 0, drop);
        load(PACKET_BYTE, ETHERNET + 48);
        for (int report : LISTENER_REPORTS) {
            out.jump(BpfAssembler.JUMP_EQUAL, R0, report, pass);
        }
        out.jump(drop);

        // The first fragment has what decides, and the others are useless without it. Neighbour messages are never
        // fragmented (RFC 6980).
        fragments.here();
        isAtLeast(ETHERNET + 52);
        load(PACKET_HALF, ETHERNET + 42);
        out.emit(BpfAssembler.AND, R0, 0, 0, 0xfff8);
        out.jump(BpfAssembler.JUMP_NOT_EQUAL, R0, 0, pass);
        load(PACKET_BYTE, ETHERNET + 40);
        out.jump(BpfAssembler.JUMP_EQUAL, R0, TCP, pass);
        BpfAssembler.Label echoes = out.new Label();
        out.jump(BpfAssembler.JUMP_EQUAL, R0, ICMPV6, echoes);
        out.jump(BpfAssembler.JUMP_NOT_EQUAL, R0, UDP, drop);
        ports(ETHERNET + 48);
        echoes.here();
        load(PACKET_BYTE, ETHERNET + 48);
        for (int type = LISTENER_QUERY; type <= REDIRECT; type++) {
            out.jump(BpfAssembler.JUMP_EQUAL, R0, type, drop);
        }
        out.jump(pass);

        datagrams.here();
        ports(ETHERNET + 40);

        neighbours.here();
        isAtLeast(ETHERNET + 44);
        load(PACKET_BYTE, ETHERNET + 40);
        for (int type : new int[] {LISTENER_QUERY, ROUTER_ADVERTISEMENT, REDIRECT}) {
            out.jump(BpfAssembler.JUMP_EQUAL, R0, type, drop);
        }
        out.jump(BpfAssembler.JUMP_NOT_EQUAL, R0, NEIGHBOUR_ADVERTISEMENT, pass);
        solicits.here();
        isAtLeast(ETHERNET + 64);
        for (byte[] address : ipv6) {
            jumpIfIpv6(ETHERNET + 48, address, pass);
        }
        out.jump(drop);
    }

    /** Refuses what a DHCP server sends. */
    private void ports(int offset) {
        isAtLeast(offset + 8);
        load(PACKET_HALF, offset);
        out.jump(BpfAssembler.JUMP_EQUAL, R0, DHCPV6_SERVER, drop);
        load(PACKET_HALF, offset + 2);
        out.jump(BpfAssembler.JUMP_EQUAL, R0, DHCPV6_CLIENT, drop);
        out.jump(pass);
    }

    private void jumpIfIpv6(int offset, byte[] address, BpfAssembler.Label to) {
        ByteBuffer words = ByteBuffer.wrap(address);
        BpfAssembler.Label other = out.new Label();
        for (int word = 0; word < address.length; word += Integer.BYTES) {
            load(PACKET_WORD, offset + word);
            if (word + Integer.BYTES < address.length) {
                out.jump(BpfAssembler.JUMP_NOT_EQUAL_32, R0, words.getInt(word), other);
            } else {
                out.jump(BpfAssembler.JUMP_EQUAL_32, R0, words.getInt(word), to);
            }
        }
        other.here();
    }
}
