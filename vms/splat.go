package vms

import (
	"bytes"
	"regexp"
	"strings"
)

// stamp is what a kernel may put before a message: its level, the time, and
// the task or CPU that printed it.
const stamp = `^(?:<\d+>)?(?:\[ *\d+\.\d+\])?(?:\[ *[TC]\d+\])? ?`

// splatStart is the first line of what a Linux kernel prints when it is in
// trouble (kernel/panic.c, arch/x86/kernel/dumpstack.c, kernel/watchdog.c,
// kernel/hung_task.c). Warnings are not among them: a kernel goes on after
// those.
var splatStart = regexp.MustCompile(`(?m)` + stamp + `(?:` + strings.Join([]string{
	`Kernel panic - not syncing`,
	`(?:watchdog: )?BUG: `,
	`kernel BUG at `,
	`Oops: `,
	`general protection fault`,
	`(?:traps: )?PANIC: `,
	`Unable to handle kernel`,
	`INFO: task .* blocked for more than`,
	`rcu: INFO: rcu_\w+ (?:self-)?detected`,
	`sysrq: Trigger a crash`,
	`.*: [0-9a-f]{4} \[#\d+\]`, // of die(): "invalid opcode: 0000 [#1] SMP"
}, "|") + `)`)

// maxSplat is how much of a splat is kept, in bytes.
const maxSplat = 16 << 10

// Splat cuts a panic, an oops or a lockup from a machine's console: from its
// first line on, at most 16 KiB, without what a terminal would act on. It is
// empty if the kernel never complained.
func Splat(console []byte) string {
	console = bytes.ReplaceAll(console, []byte("\r\n"), []byte("\n"))
	at := splatStart.FindIndex(console)
	if at == nil {
		return ""
	}
	cut := console[at[0]:]
	return strings.TrimSpace(strings.Map(printable, string(cut[:min(len(cut), maxSplat)])))
}

// printable drops control characters. Bytes that are no UTF-8 come as U+FFFD.
func printable(r rune) rune {
	if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
		return -1
	}
	return r
}
