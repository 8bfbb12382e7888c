//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// notifyResize sends to c when the terminal changes its size.
func notifyResize(c chan<- os.Signal) { signal.Notify(c, syscall.SIGWINCH) }
