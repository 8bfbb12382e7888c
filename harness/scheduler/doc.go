// Package scheduler decides when machines start, and starts them, for all that runs in
// kernels: labs, commands, tests, objects to verify, limits and features.
//
// A [Pool] has as many machines at a time as its provider and the host's cores
// allow, while the host has memory for them. Memory is measured on both sides: what
// is available now (to the whole host and to this process's control groups), and
// what machines hold. Until one machine of a class has ended, each counts with all that
// its guest may use; after that, with what the first one came to hold. So when a host is
// short of memory, for whatever reason, tasks wait in their order and do not fail. If
// nothing runs, the next task always starts.
//
// A machine that does not start, hangs or is lost is tried again as often as
// [Options] say, the last time without the accelerator that failed it, where the provider
// can do without; one that had too little memory, or whose agent died, is tried again
// with twice as much. A
// fork that does not answer does not count as an attempt: its template is deleted, and a
// machine is booted in its place.
package scheduler
