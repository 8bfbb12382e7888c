// Package lab reads lab documents: one Markdown file that is a lesson to its
// reader and a test to bpflab.
//
// Parse and ParseBytes are strict. A document is accepted whole or refused
// with every mistake in it: the error is a *multierror.Error of *Error, sorted
// by position, each with file, line and column in the Markdown text and, where
// one is near, a suggestion. A document that was accepted has all defaults
// filled in and needs no further checking: every check has exactly one kind,
// patterns compile, ports and counts are in range, paths stay inside the file
// system, and each check finds in its step what it looks at.
//
// docs/labs.md is the reference for people who write labs, docs/lab.schema.json
// the one for editors; the rules of both come from the same tables (rules.go).
package lab
