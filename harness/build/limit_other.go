//go:build !linux

package build

// limitMemory does nothing: only Linux can bound another process.
func limitMemory(int, int64) error { return nil }
