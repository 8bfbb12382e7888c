//go:build !linux

package build

import "time"

// limit does nothing: only Linux can bound another process.
func limit(int, int64, int64) error { return nil }

func wroteTooMuch(error) bool { return false }

// lowerPriority does nothing: a class is served by Linux.
func lowerPriority(int) {}

// processorTime returns the time since a process began, which is at least what it has used.
func processorTime(_ int, began time.Time) time.Duration { return time.Since(began) }
