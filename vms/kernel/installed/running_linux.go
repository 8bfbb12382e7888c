package installed

import (
	"os"
	"strings"
)

// Running returns the release of the kernel that runs, as uname -r prints it, or "".
func Running() string {
	text, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return strings.TrimSpace(string(text))
}
