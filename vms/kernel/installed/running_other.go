//go:build !linux

package installed

// Running returns "": no Linux runs here.
func Running() string { return "" }
