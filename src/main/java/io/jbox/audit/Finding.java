package io.jbox.audit;

import io.jbox.problem.Place;

/**
 * One thing that a box could do to the host.
 *
 * @param about lower case, subject first
 * @param place the line that permits it; the default's place if there is none
 * @param advice how to prevent it; empty for nothing
 */
public record Finding(Severity severity, String about, Place place, String advice) {}
