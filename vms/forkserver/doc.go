// Package forkserver starts processes of one program faster than execve(2) does.
//
// A server holds one process of the program, stopped at the program's entry point: the
// dynamic loader has mapped and relocated all libraries there, and nothing of the program
// itself has run. Each process that the server starts is a copy of this one by clone(2),
// with arguments, open files and a standard error of its own. What the loader has done
// is done once, and the pages that it has written are shared.
//
// The technique is that of AFL's fork server, but the program needs no preparation: the
// server is a tracer in the sense of ptrace(2), and lets the held process make the system
// calls that a copy needs. So it works where a process may trace its children, on Linux
// and amd64. Copies share the addresses that the held process has (ASLR) and the value
// that guards its stack.
package forkserver

import "errors"

// ErrUnsupported is returned on a system that has no implementation.
var ErrUnsupported = errors.New("processes cannot be held before they begin on this system")
