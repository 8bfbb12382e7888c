package host

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// running returns the release of the running kernel.
func running() (string, error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "", fmt.Errorf("uname: %w", err)
	}
	return unix.ByteSliceToString(u.Release[:]), nil
}
