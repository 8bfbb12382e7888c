// Package gotest is what bpflab test is tested with.
package gotest

// Add adds, and knows a shorter way for nothing.
func Add(a, b int) int {
	if a == 0 {
		return b
	}
	return a + b
}
