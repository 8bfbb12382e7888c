// Package run executes a plan: each cell gets a machine of its own, does its
// lab there and throws the machine away. Only infra is retried, and the
// attempts that failed stay in the record.
//
// Cells run side by side as far as the host's cores and memory go. Memory is
// measured: what is available now, what each machine holds, and what machines
// of its kind (lab, kernel, guest's size) came to hold earlier in the run. A
// machine of a kind that was not yet seen to its end counts with all that its
// guest may use. Where memory is short, also on account of other programs,
// cells wait for it, in the plan's order; where nothing runs, the next cell
// always starts.
package run
