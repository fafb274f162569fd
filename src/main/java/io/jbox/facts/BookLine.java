package io.jbox.facts;

/**
 * A line of a book of owners that a program relies on; other lines of the book may change.
 *
 * @param file the book
 * @param lock the file that is locked while the book is changed
 */
public record BookLine(String file, String lock, String text) {}
