// Package workshop lets students take the course step by step. A student has a workspace
// for each lab, with the lab's C file, a machine, terminals into the machine, and
// progress that is kept on disk. A check builds what the student wrote, loads it into the
// machine, runs the step's commands and judges the step, as `bpflab run` does, and then
// leaves everything in place for the student to look at.
//
// A Workshop holds the workspaces and starts their machines, within limits. Front ends,
// in a terminal or a browser, show a Workspace and call its methods. These are safe for
// concurrent use, and any number of front ends may subscribe to a workspace's events.
//
// A student may do anything to the machine. One that died, or in which nothing works any
// more, is replaced, and the student learns why.
package workshop
