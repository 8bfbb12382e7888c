package vms

import (
	"bytes"
	"regexp"
	"strings"
)

// splatStart is the first line of what a Linux kernel prints when it is in
// trouble (kernel/panic.c, arch/x86/kernel/dumpstack.c, kernel/watchdog.c,
// kernel/hung_task.c), behind its time stamp.
var splatStart = regexp.MustCompile(`(?m)^(?:\[ *\d+\.\d+\](?:\[[ TC]*\d+\])? )?(?:` + strings.Join([]string{
	`Kernel panic - not syncing`,
	`BUG: `,
	`Oops: `,
	`general protection fault`,
	`kernel BUG at `,
	`watchdog: BUG: soft lockup`,
	`rcu: INFO: rcu_\w+ (?:self-)?detected`,
	`INFO: task .* blocked for more than`,
	`traps: PANIC: `,
	`invalid opcode: `,
	`Unable to handle kernel`,
	`sysrq: Trigger a crash`,
}, "|") + `)`)

// maxSplat is how much of a splat is kept, in bytes.
const maxSplat = 16 << 10

// Splat cuts a panic, an oops or a lockup from a machine's console: from its
// first line on, at most 16 KiB. It is empty if the kernel never complained.
func Splat(console []byte) string {
	console = bytes.ReplaceAll(console, []byte("\r\n"), []byte("\n"))
	at := splatStart.FindIndex(console)
	if at == nil {
		return ""
	}
	cut := console[at[0]:]
	return strings.TrimSpace(strings.ToValidUTF8(string(cut[:min(len(cut), maxSplat)]), "�"))
}
