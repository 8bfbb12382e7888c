// Package run executes a plan: each cell gets a machine of its own from a
// scheduler.Pool, does its lab there and throws the machine away. Only infra is
// retried, and the attempts that failed stay in the record.
package run
