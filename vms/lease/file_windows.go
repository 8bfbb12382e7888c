package lease

import "os"

// hold does nothing: Windows removes no file that another process has open.
func hold(*os.File) error { return nil }

// unsupported reports whether an error says that a file system has no locks.
func unsupported(error) bool { return false }

// isHeld reports whether an error of hold says that another process holds it.
func isHeld(error) bool { return false }

// MayExec reports whether a program may be run, as far as is known.
func MayExec(string) bool { return true }
