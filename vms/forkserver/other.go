//go:build !(linux && amd64)

package forkserver

import (
	"errors"
	"os"
)

// Server holds one process of a program.
type Server struct{}

// Process is a process that a Server has started.
type Process struct{ *os.Process }

// New returns ErrUnsupported.
func New(string, []string) (*Server, error) { return nil, ErrUnsupported }

// Start returns ErrUnsupported.
func (*Server) Start([]string, []*os.File, *os.File) (*Process, error) { return nil, ErrUnsupported }

// Close does nothing.
func (*Server) Close() {}

// Wait returns ErrUnsupported.
func (*Process) Wait() error { return ErrUnsupported }

// Zygote is a process that stands still, and of which others are copies.
type Zygote struct{}

// Freeze returns ErrUnsupported.
func (*Process) Freeze(int, *os.File) (*Zygote, error) { return nil, ErrUnsupported }

// Copy returns ErrUnsupported.
func (*Zygote) Copy(map[int]*os.File) (*Process, error) { return nil, ErrUnsupported }

// Close does nothing.
func (*Zygote) Close() {}

// ErrBusy is returned on no system that has no implementation.
var ErrBusy = errors.New("a thread of it is at work")
