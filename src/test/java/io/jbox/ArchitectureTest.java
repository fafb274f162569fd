package io.jbox;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.CompositeArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import io.jbox.kernel.Kernel;
import io.jbox.uapi.Syscall;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The arrows between packages that docs/ARCHITECTURE.md draws. */
@AnalyzeClasses(packages = "io.jbox", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    /** The packages that hold descriptors as {@code Fd}. */
    private static final String[] TYPED = {
        "io.jbox.netlink",
        "io.jbox.nic",
        "io.jbox.ids",
        "io.jbox.cgroup",
        "io.jbox.state",
        "io.jbox.terminal",
        "io.jbox.lsm",
        "io.jbox.host",
        "io.jbox.bridge",
        "io.jbox.life",
        "io.jbox.ns",
        "io.jbox",
    };

    @ArchTest
    static final ArchRule noCycles = slices().matching("io.jbox.(*)..").should().beFreeOfCycles();

    /**
     * Classes are in no circles either, but for a few that are one thing in several files: statements and who walks over them,
     * keys and their types, an interface and the classes that its factory makes.
     */
    @ArchTest
    static final ArchRule noCirclesOfClasses = slices().assignedFrom(new SliceAssignment() {
                @Override
                public SliceIdentifier getIdentifierOf(JavaClass type) {
                    JavaClass top = type;
                    while (top.getEnclosingClass().isPresent()) {
                        top = top.getEnclosingClass().get();
                    }
                    return SliceIdentifier.of(top.getName());
                }

                @Override
                public String getDescription() {
                    return "each class";
                }
            })
            .should()
            .beFreeOfCycles()
            .ignoreDependency(
                    alwaysTrue(),
                    nameMatching("io\\.jbox\\.program\\.(Statement|Action|Plan|CallsOnly|EffectVisitor)(\\$.*)?"))
            .ignoreDependency(
                    alwaysTrue(), nameMatching("io\\.jbox\\.schema\\.(Key|Keys|Type|Section|Scalars)(\\$.*)?"))
            .ignoreDependency(
                    nameMatching("io\\.jbox\\.(ids\\.BoxIds|kernel\\.Stub|seccomp\\.ProfileReader)"), alwaysTrue())
            .ignoreDependency(nameMatching("io\\.jbox\\.cli\\.Commands(\\$.*)?"), alwaysTrue())
            .ignoreDependency(nameMatching("io\\.jbox\\.Box"), nameMatching("io\\.jbox\\.Jbox"))
            .ignoreDependency(nameMatching("io\\.jbox\\.ns\\.PersistentNamespaces"), alwaysTrue())
            .ignoreDependency(nameMatching("io\\.jbox\\.bridge\\.NetworkFactsReader"), alwaysTrue())
            .ignoreDependency(nameMatching("io\\.jbox\\.state\\.(PidNamespace|PendingWork)(\\$.*)?"), alwaysTrue());

    /** Each package, and those that it may know beside itself and Java; {@code jbox} is the library's own. */
    @ArchTest
    static final ArchRule arrows = layers(
            "problem:",
            "number:",
            "uapi: problem",
            "json:",
            "program: problem uapi",
            "yaml: problem",
            "config: number problem uapi",
            "schema: number yaml config problem uapi",
            "seccomp: json problem",
            "facts: number program config problem uapi",
            "plan: number facts program config problem uapi",
            "audit: number plan facts program config problem uapi",
            "kernel: number problem uapi",
            "netlink: number kernel problem uapi",
            "compile: number plan facts program netlink kernel config problem uapi",
            "state: number kernel json problem uapi",
            "request: number state facts program schema config problem",
            "cgroup: number facts kernel config problem uapi",
            "ids: number state kernel config problem uapi",
            "lsm: number facts problem",
            "nic: number netlink kernel state json config problem uapi",
            "bridge: number nic netlink kernel state facts schema yaml config problem uapi",
            "host: number plan facts program seccomp netlink kernel state yaml config problem uapi",
            "store: number host state kernel json config problem uapi",
            "image: number store host kernel json config problem uapi",
            "launch: number compile nic netlink kernel plan facts program config problem uapi",
            "terminal: number launch plan facts program kernel problem uapi",
            "life: number image store terminal launch compile host bridge nic lsm ids cgroup request state netlink kernel audit plan facts program schema yaml config problem uapi",
            "ns: number launch netlink kernel plan facts program config problem uapi",
            "jbox: number life terminal audit bridge nic launch host cgroup request state kernel plan facts program schema yaml config problem uapi",
            "start: cli",
            "cli: number jbox ns life image store terminal launch host bridge nic netlink request state audit facts program schema yaml config json problem uapi");

    @ArchTest
    static final ArchRule theLibraryDoesNotKnowTheCommandLine = noClasses()
            .that()
            .resideOutsideOfPackages("io.jbox.cli..", "io.jbox.start..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.jbox.cli..");

    @ArchTest
    static final ArchRule onlyNativeKernelTouchesTheNativeLayer = noClasses()
            .that()
            .haveNameNotMatching("io\\.jbox\\.kernel\\.NativeKernel(\\$.*)?")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("com.kenai.jffi..", "jnr..");

    /**
     * They go through the typed calls of package kernel, which know EINTR, errno and descriptors; but for classes that are about
     * programs of several ops: one that reads thousands of files, and two that must come back to their own namespace.
     */
    @ArchTest
    static final ArchRule typedCallsOnly = noClasses()
            .that()
            .resideInAnyPackage(TYPED)
            .and()
            .haveNameNotMatching("io\\.jbox\\.ns\\.(ProcessScan|NamedNetworks|MountNamespaceOrder)(\\$.*)?")
            .should()
            .callMethod(Kernel.class, "call", Syscall.class, long[].class)
            .orShould()
            .callMethod(Kernel.class, "walk", long.class)
            .orShould()
            .callMethod(Kernel.class, "arena");

    @ArchTest
    static final ArchRule noDescriptorIsANumber = noFields()
            .that()
            .areDeclaredInClassesThat()
            .resideInAnyPackage(TYPED)
            .and()
            .haveNameMatching("descriptor|fd|pidfd|pipe|socket|.*[a-z](Descriptor|Fd|Pidfd|Pipe|Socket)")
            .should()
            .haveRawType(int.class);

    @ArchTest
    static final ArchRule onlyTheParserTouchesSnakeYaml = noClasses()
            .that()
            .doNotHaveFullyQualifiedName("io.jbox.yaml.YamlParser")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.yaml..");

    @ArchTest
    static final ArchRule onlyLoggingLoadsLogback = noClasses()
            .that()
            .doNotHaveFullyQualifiedName("io.jbox.cli.Logging")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("ch.qos..", "org.slf4j..");

    @ArchTest
    static final ArchRule onlyMainEndsTheJvm = noClasses()
            .that()
            .haveNameNotMatching("io\\.jbox\\.(cli\\.Main|start\\.Start)")
            .should()
            .callMethod(System.class, "exit", int.class)
            .orShould()
            .callMethod(Runtime.class, "halt", int.class);

    private static String name(String row) {
        return row.equals("jbox") ? "io.jbox" : "io.jbox." + row;
    }

    private static ArchRule layers(String... rows) {
        CompositeArchRule rule = null;
        for (String row : rows) {
            String[] parts = row.split(": ?", 2);
            List<String> allowed = new ArrayList<>(
                    List.of("java..", "org.jspecify..", "com.kenai.jffi..", "org.yaml..", "org.slf4j..", "ch.qos.."));
            allowed.add(name(parts[0]));
            for (String other : parts[1].split(" ")) {
                allowed.add(name(other));
            }
            ArchRule one = classes()
                    .that()
                    .resideInAPackage(name(parts[0]))
                    .should()
                    .onlyDependOnClassesThat()
                    .resideInAnyPackage(allowed.toArray(String[]::new));
            rule = rule == null ? CompositeArchRule.of(one) : rule.and(one);
        }
        return Objects.requireNonNull(rule);
    }
}
