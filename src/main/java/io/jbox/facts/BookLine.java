package io.jbox.facts;

/**
 * A line of a book of who has what, of which others may come and go.
 *
 * @param file the book
 * @param lock the file that whoever changes the book holds locked
 */
public record BookLine(String file, String lock, String text) {}
