package io.jbox.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.jbox.json.Json;
import io.jbox.problem.Problem;
import io.jbox.problem.Source;
import io.jbox.yaml.Node;
import io.jbox.yaml.YamlParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The schema that editors get says of a configuration what the reader says. */
class JsonSchemaTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final com.networknt.schema.JsonSchema SCHEMA =
            JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(Json.write(JsonSchema.schema()));

    @Test
    void acceptsEveryExample() throws IOException {
        try (Stream<Path> examples = Files.list(Path.of("examples/configs"))) {
            for (Path example : examples.toList()) {
                assertThat(schemaAccepts(Files.readString(example)))
                        .as(example.toString())
                        .isTrue();
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "true  | name: bbox",
                "false | name: 'a b'",
                "false | name: [a]",
                "false | nmae: bbox",
                "true  | name: 17",
                "true  | tty: {max: 4}",
                "true  | tty: {max: '4'}",
                "false | tty: {max: four}",
                "false | tty: {max: [4]}",
                "true  | autodev: true",
                "true  | autodev: 0",
                "true  | autodev: 'Off'",
                "false | autodev: maybe",
                "true  | net: [{type: veth, hwaddr: '00:16:3e:xx:xx:xx'}]",
                "false | net: [{type: veth, hwaddr: '01:16:3e:xx:xx:xx'}]",
                "false | net: [{type: vteh}]",
                "false | net: {type: empty}",
                "true  | net: [{type: empty, flags: up}]",
                "true  | net: [{type: empty, flags: [up]}]",
                "false | net: [{type: empty, flags: [down]}]",
                "true  | cap: {drop: [sys_admin, CAP_KILL, Net_Raw]}",
                "false | cap: {drop: [sys_admn]}",
                "true  | cap: {keep: none}",
                "true  | signal: {halt: SIGRTMIN+3, stop: 9, reboot: usr1}",
                "false | signal: {halt: SIGFOO}",
                "true  | sysctl: {net.ipv4.ip_forward: 1}",
                "false | sysctl: {hello: 1}",
                "true  | prlimit: {nofile: 10, core: '0:unlimited'}",
                "false | prlimit: {nofiles: 10}",
                "true  | idmap: [u 0 100000 65536]",
                "true  | idmap: none",
                "false | idmap: [x 0 1 2]",
                "true  | namespace: {keep: [uts, net]}",
                "false | namespace: {keep: [utz]}",
                "true  | mount: {auto: [proc:rw]}",
                "false | mount: {auto: [proc:ro]}",
                "true  | mount: {entry: [/srv srv none bind]}",
                "false | mount: {entry: [/srv]}",
                "true  | rootfs: {path: 'overlay:/a:/b', options: [ro]}",
                "false | rootfs: {path: 'overlay:/a'}",
                "true  | environment: [A=b]",
                "false | environment: [A]",
                "true  | hook: {pre-start: /bin/true}",
                "true  | hook: {timeout: 5, post-stop: [a, b c]}",
                "false | hook: {timeout: 0}",
                "true  | console: {path: none}",
                "true  | console: {logfile: /tmp/log, size: 1M, rotate: false}",
                "false | console: {size: many}",
                "true  | start: {auto: 1, delay: 5, order: 3}",
                "false | start: {auto: perhaps}",
                "true  | group: [onboot, web]",
                "true  | group: onboot,web",
                "false | group: ['a/b']",
                "true  | ephemeral: true",
                "true  | net: [{type: veth, ipv4: {address: 10.0.0.1/24, gateway: auto}, ipv6: {address: ['fd00::1/64']}}]",
                "false | net: [{type: veth, ipv4: {address: fd00}}]",
                "false | net: [{type: veth, name: 'eth 0'}]",
            })
    void agreesWithTheReader(boolean good, String yaml) throws IOException {
        assertThat(schemaAccepts(yaml)).as("schema").isEqualTo(good);
        assertThat(readerAccepts(yaml)).as("reader").isEqualTo(good);
    }

    private static boolean readerAccepts(String yaml) {
        List<Problem> problems = new ArrayList<>();
        Keys.ROOT.read(YamlParser.parse(new Source("test.yaml", yaml)), "", problems);
        return problems.isEmpty();
    }

    private static boolean schemaAccepts(String yaml) throws IOException {
        JsonNode node = JSON.readTree(Json.write(plain(YamlParser.parse(new Source("test.yaml", yaml)))));
        return SCHEMA.validate(node).isEmpty();
    }

    /** A tree with the types that YAML gives to plain scalars, which is what an editor checks. */
    private static Object plain(Node node) {
        if (node instanceof Node.Mapping mapping) {
            Map<String, Object> map = new LinkedHashMap<>();
            mapping.entries().forEach(entry -> map.put(entry.key().text(), plain(entry.value())));
            return map;
        }
        if (node instanceof Node.Sequence sequence) {
            return sequence.items().stream().map(JsonSchemaTest::plain).toList();
        }
        Node.Scalar scalar = (Node.Scalar) node;
        if (scalar.plain() && scalar.text().matches("[0-9]+")) {
            return Long.parseLong(scalar.text());
        }
        if (scalar.plain() && scalar.text().matches("true|false")) {
            return Boolean.parseBoolean(scalar.text());
        }
        return scalar.text();
    }
}
