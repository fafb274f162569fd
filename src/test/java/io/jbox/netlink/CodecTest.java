package io.jbox.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.jbox.uapi.Rtnl;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Messages against what iproute2 6.1 has sent (strace -e write), and against anything at all. */
class CodecTest {
    private static final int CREATE = Rtnl.NLM_F_CREATE | Rtnl.NLM_F_EXCL;
    private static final int SEQUENCE = 0x6b050526;

    private static String hex(MessageWriter message) {
        return HexFormat.of().formatHex(message.bytes(SEQUENCE, Rtnl.NLM_F_ACK));
    }

    @Test
    void makesABridgeLikeIpLinkAdd() {
        MessageWriter message = MessageWriter.link(Rtnl.RTM_NEWLINK, CREATE, 0)
                .attribute32(Rtnl.IFLA_MTU, 1500)
                .attribute(Rtnl.IFLA_IFNAME, "br7");
        int info = message.begin(Rtnl.IFLA_LINKINFO);
        // iproute2 leaves out the NUL of a kind.
        message.attribute(Rtnl.IFLA_INFO_KIND, "bridge".getBytes(StandardCharsets.US_ASCII))
                .end(info);

        assertThat(hex(message))
                .isEqualTo("40000000100005062605056b000000000000000000000000000000000000000008000400dc050000"
                        + "0800030062723700100012000a0001006272696467650000");
    }

    @Test
    void makesAVethLikeIpLinkAdd() {
        MessageWriter message = MessageWriter.link(Rtnl.RTM_NEWLINK, CREATE, 0)
                .attribute32(Rtnl.IFLA_MTU, 1400)
                .attribute(Rtnl.IFLA_IFNAME, "veth7");
        int info = message.begin(Rtnl.IFLA_LINKINFO);
        message.attribute(Rtnl.IFLA_INFO_KIND, "veth".getBytes(StandardCharsets.US_ASCII));
        int data = message.begin(Rtnl.IFLA_INFO_DATA);
        int peer = message.begin(Rtnl.VETH_INFO_PEER);
        message.u32(0).u32(0).u32(0).u32(0).attribute(Rtnl.IFLA_IFNAME, "eth0");
        message.end(peer).end(data).end(info);

        assertThat(hex(message))
                .isEqualTo("64000000100005062605056b000000000000000000000000000000000000000008000400780500000a000300"
                        + "7665746837000000300012000800010076657468240002002000010000000000000000000000000000000000"
                        + "090003006574683000000000");
    }

    @Test
    void addsAddressesAndRoutesLikeIp() {
        byte[] address = {10, 0, 4, 2};
        MessageWriter add = new MessageWriter(Rtnl.RTM_NEWADDR, CREATE)
                .u8(Rtnl.AF_INET)
                .u8(24)
                .u16(0)
                .u32(5)
                .attribute(Rtnl.IFA_LOCAL, address)
                .attribute(Rtnl.IFA_BROADCAST, new byte[] {10, 0, 4, -1})
                .attribute(Rtnl.IFA_ADDRESS, address);
        MessageWriter route = new MessageWriter(Rtnl.RTM_NEWROUTE, CREATE)
                .u8(Rtnl.AF_INET)
                .u8(0)
                .u16(0)
                .u8(Rtnl.RT_TABLE_MAIN)
                .u8(Rtnl.RTPROT_BOOT)
                .u8(Rtnl.RT_SCOPE_UNIVERSE)
                .u8(Rtnl.RTN_UNICAST)
                .u32(0)
                .attribute(Rtnl.RTA_GATEWAY, new byte[] {10, 0, 4, 1})
                .attribute32(Rtnl.RTA_OIF, 5);

        assertThat(hex(add))
                .isEqualTo("30000000140005062605056b000000000218000005000000080002000a000402080004000a0004ff"
                        + "080001000a000402");
        assertThat(hex(route))
                .isEqualTo("2c000000180005062605056b0000000002000000fe03000100000000080005000a00040108000400"
                        + "05000000");
    }

    @Test
    void bringsUpAndDeletesLikeIpLink() {
        MessageWriter up = new MessageWriter(Rtnl.RTM_NEWLINK, 0)
                .u32(0)
                .u32(5)
                .u32(Rtnl.IFF_UP)
                .u32(Rtnl.IFF_UP);

        assertThat(hex(up)).isEqualTo("20000000100005002605056b0000000000000000050000000100000001000000");
        assertThat(hex(MessageWriter.link(Rtnl.RTM_DELLINK, 0, 6)))
                .isEqualTo("20000000110005002605056b0000000000000000060000000000000000000000");
        assertThat(hex(MessageWriter.link(Rtnl.RTM_NEWLINK, 0, 5).attribute32(Rtnl.IFLA_MASTER, 2)))
                .isEqualTo("28000000100005002605056b000000000000000005000000000000000000000008000a0002000000");
    }

    @Test
    void readsWhatItWrites() {
        Random random = new Random(4);
        for (int i = 0; i < 2_000; i++) {
            int attributes = random.nextInt(12);
            MessageWriter writer = MessageWriter.link(Rtnl.RTM_NEWLINK, 0, i);
            List<byte[]> written = new ArrayList<>();
            int outer = writer.begin(Rtnl.IFLA_LINKINFO | Rtnl.NLA_F_NESTED);
            for (int j = 0; j < attributes; j++) {
                byte[] value = new byte[random.nextInt(40)];
                random.nextBytes(value);
                written.add(value);
                writer.attribute(j + 1, value);
            }
            writer.end(outer).attribute(Rtnl.IFLA_IFNAME, "name" + i);
            byte[] bytes = writer.bytes(i, 0);

            List<Message> messages = Message.parse(bytes, bytes.length);
            assertThat(messages).hasSize(1);
            Attributes read = messages.get(0).attributes(Link.FIXED);
            assertThat(messages.get(0).sequence()).isEqualTo(i);
            assertThat(read.text(Rtnl.IFLA_IFNAME)).isEqualTo("name" + i);
            for (int j = 0; j < attributes; j++) {
                assertThat(read.nested(Rtnl.IFLA_LINKINFO).bytes(j + 1)).isEqualTo(written.get(j));
            }
        }
    }

    @Test
    void nothingLeadsOutOfTheBuffer() {
        Random random = new Random(5);
        byte[] good = MessageWriter.link(Rtnl.RTM_NEWLINK, 0, 7)
                .attribute(Rtnl.IFLA_IFNAME, "eth0")
                .attribute(Rtnl.IFLA_STATS64, new byte[200])
                .attribute32(Rtnl.IFLA_MTU, 1500)
                .bytes(1, 0);
        for (int i = 0; i < 100_000; i++) {
            byte[] bytes;
            if (i % 2 == 0) {
                bytes = new byte[random.nextInt(96)];
                random.nextBytes(bytes);
            } else {
                bytes = good.clone();
                for (int j = random.nextInt(6); j >= 0; j--) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                }
            }
            int length = random.nextInt(bytes.length + 8);
            assertThatCode(() -> readAll(bytes, length)).doesNotThrowAnyException();
        }
    }

    private static void readAll(byte[] bytes, int length) {
        List<Message> messages = new ArrayList<>(Message.parse(bytes, length));
        for (int type : new int[] {Rtnl.RTM_NEWLINK, Rtnl.RTM_NEWADDR, Rtnl.RTM_NEWROUTE, Rtnl.NLMSG_ERROR}) {
            messages.add(new Message(type, Rtnl.NLM_F_ACK_TLVS, 0, bytes));
        }
        for (Message message : messages) {
            Link.parse(message);
            Address.parse(message);
            Route.parse(message);
            NetlinkSocket.error(message, 0);
            Attributes attributes = message.attributes(4);
            attributes.texts(1);
            attributes.without(2);
            attributes.nested(3).u32(1, 0);
        }
    }

    @Test
    void theKernelsOwnWordsAreInTheError() {
        byte[] words = "Device is up\0".getBytes(StandardCharsets.US_ASCII);
        byte[] payload = new byte[4 + 16 + 4 + 16];
        payload[0] = -16;
        payload[1] = payload[2] = payload[3] = -1;
        payload[4] = 16;
        payload[20] = (byte) (4 + words.length);
        payload[22] = 1;
        System.arraycopy(words, 0, payload, 24, words.length);

        NetlinkException error = NetlinkSocket.error(
                new Message(Rtnl.NLMSG_ERROR, Rtnl.NLM_F_CAPPED | Rtnl.NLM_F_ACK_TLVS, 1, payload), 3);

        assertThat(error)
                .isNotNull()
                .hasMessage("Device or resource busy (EBUSY): device is up")
                .satisfies(refused -> assertThat(refused.errno()).isEqualTo(16))
                .satisfies(refused -> assertThat(refused.request()).isEqualTo(3));
    }
}
