package io.jbox.facts;

import java.util.List;

/**
 * One way in which a stand-alone program may run.
 *
 * @param streams what its standard descriptors become
 * @param facts of a host with certain cgroups
 */
public record Form(List<Launch.Stream> streams, HostFacts facts) {}
