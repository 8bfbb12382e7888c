// Package workshop is a course done step by step: each student has a desk for each
// lab, with the lab's C file, a machine, terminals into it, and what was reached, which
// is kept on disk. A check builds what the student wrote, loads it into the machine,
// does the step's workload and judges it, as `bpflab run` would, and then leaves all of
// it there to be looked at.
//
// A Workshop holds the desks and starts their machines, within limits. Faces, in a
// terminal or a browser, show a Desk and pass on what people do; a Desk's methods are
// safe for concurrent use, and any number of faces may follow one by its events.
//
// What a student does to the machine is the student's matter: a machine that died, or
// in which nothing works any more, is replaced, and what happened is said.
package workshop
