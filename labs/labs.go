// Package labs carries the course: its lab documents with their figures.
package labs

import "embed"

// FS holds NAME/lab.md for every lab, and its figures as NAME/*.svg.
//
//go:embed */lab.md */*.svg
var FS embed.FS

// Course names the labs in the order in which a student takes them.
var Course = []string{
	"hello",
	"tracepoints",
	"map-counters",
	"ring-buffer",
	"xdp-drop",
	"tc-egress",
	"cgroup-connect",
	"co-re",
	"verifier-errors",
	"verifier-limits",
	"loops",
	"tail-calls",
	"lsm",
	"uprobes",
	"own-tool",
}
