//go:build !linux

package build

// limit does nothing: only Linux can bound another process.
func limit(int, int64, int64) error { return nil }

func wroteTooMuch(error) bool { return false }

// lowerPriority does nothing: a class is served by Linux.
func lowerPriority(int) {}
