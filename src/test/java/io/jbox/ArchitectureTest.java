package io.jbox;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows between packages that docs/ARCHITECTURE.md draws. */
@AnalyzeClasses(packages = "io.jbox", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule noCycles = slices().matching("io.jbox.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule problemDependsOnNothing = onlyDependsOn("io.jbox.problem..");

    @ArchTest
    static final ArchRule configKnowsProblemsOnly = onlyDependsOn("io.jbox.config..", "io.jbox.problem..");

    @ArchTest
    static final ArchRule planKnowsConfigOnly =
            onlyDependsOn("io.jbox.plan..", "io.jbox.program..", "io.jbox.config..", "io.jbox.problem..");

    @ArchTest
    static final ArchRule programKnowsPlacesOnly = onlyDependsOn("io.jbox.program..", "io.jbox.problem..");

    @ArchTest
    static final ArchRule kernelKnowsProblemsOnly = onlyDependsOn("io.jbox.kernel..", "io.jbox.problem..");

    @ArchTest
    static final ArchRule jsonKnowsNothing = onlyDependsOn("io.jbox.json..");

    @ArchTest
    static final ArchRule netlinkKnowsTheKernelOnly =
            onlyDependsOn("io.jbox.netlink..", "io.jbox.kernel..", "io.jbox.problem..");

    @ArchTest
    static final ArchRule netKnowsNoBoxes = onlyDependsOn(
            "io.jbox.net..",
            "io.jbox.netlink..",
            "io.jbox.plan..",
            "io.jbox.program..",
            "io.jbox.config..",
            "io.jbox.state..",
            "io.jbox.json..",
            "io.jbox.kernel..",
            "io.jbox.problem..");

    @ArchTest
    static final ArchRule boxKnowsPlansAndTheKernel = onlyDependsOn(
            "io.jbox.box..",
            "io.jbox.net..",
            "io.jbox.netlink..",
            "io.jbox.plan..",
            "io.jbox.program..",
            "io.jbox.seccomp..",
            "io.jbox.kernel..",
            "io.jbox.config..",
            "io.jbox.problem..");

    @ArchTest
    static final ArchRule idsKnowTheStateOnly = onlyDependsOn(
            "io.jbox.ids..", "io.jbox.state..", "io.jbox.kernel..", "io.jbox.config..", "io.jbox.problem..");

    @ArchTest
    static final ArchRule auditKnowsPlansOnly = onlyDependsOn(
            "io.jbox.audit..", "io.jbox.plan..", "io.jbox.program..", "io.jbox.config..", "io.jbox.problem..");

    @ArchTest
    static final ArchRule seccompKnowsNoHost =
            onlyDependsOn("io.jbox.seccomp..", "io.jbox.json..", "io.jbox.problem..");

    @ArchTest
    static final ArchRule namespaceToolsKnowNoBoxes = onlyDependsOn(
            "io.jbox.ns..",
            "io.jbox.box..",
            "io.jbox.plan..",
            "io.jbox.program..",
            "io.jbox.netlink..",
            "io.jbox.kernel..",
            "io.jbox.config..",
            "io.jbox.problem..");

    @ArchTest
    static final ArchRule cgroupKnowsPlansAndCallsTheKernel = onlyDependsOn(
            "io.jbox.cgroup..",
            "io.jbox.kernel..",
            "io.jbox.plan..",
            "io.jbox.program..",
            "io.jbox.config..",
            "io.jbox.problem..");

    @ArchTest
    static final ArchRule stateKnowsTheKernelAndJson =
            onlyDependsOn("io.jbox.state..", "io.jbox.kernel..", "io.jbox.json..", "io.jbox.problem..");

    @ArchTest
    static final ArchRule theLibraryDoesNotKnowTheCommandLine = noClasses()
            .that()
            .resideOutsideOfPackage("io.jbox.cli..")
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

    @ArchTest
    static final ArchRule onlyTheParserTouchesSnakeYaml = noClasses()
            .that()
            .doNotHaveFullyQualifiedName("io.jbox.config.YamlParser")
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
            .doNotHaveFullyQualifiedName("io.jbox.cli.Main")
            .should()
            .callMethod(System.class, "exit", int.class)
            .orShould()
            .callMethod(Runtime.class, "halt", int.class);

    private static ArchRule onlyDependsOn(String itself, String... others) {
        String[] allowed = new String[others.length + 5];
        System.arraycopy(others, 0, allowed, 0, others.length);
        allowed[others.length] = itself;
        allowed[others.length + 1] = "java..";
        allowed[others.length + 2] = "org.jspecify..";
        allowed[others.length + 3] = "com.kenai.jffi..";
        allowed[others.length + 4] = "org.yaml..";
        return classes()
                .that()
                .resideInAPackage(itself)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(allowed);
    }
}
