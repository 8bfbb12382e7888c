// Package run executes a plan: each cell gets a machine of its own, does its
// lab there and throws the machine away. Cells run side by side as far as the
// host's cores and memory go. Only infra is retried, and the attempts that
// failed stay in the record.
package run
