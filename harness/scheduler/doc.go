// Package scheduler decides when machines start, and starts them, for everything
// that asks kernels: labs, commands, tests, objects to verify, limits and features.
//
// A [Pool] has as many machines at a time as its provider and the host's cores
// allow, while the host has memory for them. Memory is measured on both sides: what
// is available now (to the whole host and to this process's control groups), and
// what machines hold. A machine of a class that was not yet seen to its end counts
// with all that its guest may use; from then on, the others of its class count with
// what it came to hold. So a host that is short of memory, for whatever reason,
// makes tasks wait, in the order they were given, and not fail. Where nothing runs,
// the next task always starts.
//
// A machine that does not start, hangs or is lost is tried again as often as
// [Options] say, the last time without the accelerator that failed it, where the provider
// can do without; one that had too little memory, or whose agent died, is tried again
// with twice as much. A
// fork that does not answer is no attempt: what it was forked from is dropped, and a
// machine is booted in its place.
package scheduler
