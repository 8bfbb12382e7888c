// Package bpf carries the eBPF C of the labs, so that a bpflab binary can
// build them wherever it is. The C is GPL-2.0-only OR BSD-2-Clause.
//
// The C files beside this one say `//go:build ignore`, because the go command
// takes C for cgo; to clang it is a comment.
package bpf

import "embed"

// FS holds the solutions (NAME.bpf.c), what a student begins with
// (starter/NAME.bpf.c), the programs that labs watch (NAME.c), and the headers of all
// (include/NAME.h).
//
//go:embed *.c starter/*.bpf.c include/*.h
var FS embed.FS
