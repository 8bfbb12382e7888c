package command

import (
	"fmt"
	"strings"
)

// DirName returns a name for the directory of a machine: its number and what runs in it. An
// architecture's slash, as in 6.12/arm64, makes no directory of its own.
func DirName(index int, of ...string) string {
	return fmt.Sprintf("%03d-", index) + strings.ReplaceAll(strings.Join(of, "-"), "/", "-")
}
