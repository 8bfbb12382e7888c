//go:build !(linux && amd64)

package forkserver

import "os"

// Server holds one process of a program.
type Server struct{}

// Process is a process that a Server has started.
type Process struct{ *os.Process }

// New returns ErrUnsupported.
func New(string) (*Server, error) { return nil, ErrUnsupported }

// Start returns ErrUnsupported.
func (*Server) Start([]string, []*os.File, *os.File) (*Process, error) { return nil, ErrUnsupported }

// Close does nothing.
func (*Server) Close() {}

// Wait returns ErrUnsupported.
func (*Process) Wait() error { return ErrUnsupported }
