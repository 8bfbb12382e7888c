package guest

import (
	"os"
	"strconv"
	"strings"
)

// oomKills returns how many processes the kernel has killed for want of memory, its own or
// a control group's: oom_kill in /proc/vmstat, which Linux has since 4.13. 0 if it is not
// known.
func oomKills() int {
	text, err := os.ReadFile("/proc/vmstat")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if count, ok := strings.CutPrefix(line, "oom_kill "); ok {
			n, _ := strconv.Atoi(strings.TrimSpace(count))
			return n
		}
	}
	return 0
}
