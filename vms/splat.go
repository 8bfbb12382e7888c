package vms

import (
	"bytes"
	"regexp"
	"strings"
)

// What a kernel may put before a message: its level, the time, and the task or CPU
// that printed it.
const (
	clock  = `\[ *\d+\.\d+\]`
	caller = `(?:\[ *[TC]\d+\])?`
	stamp  = `(?:<\d+>)?(?:` + clock + `)?` + caller + ` ?`

	// lineStart is where a message begins: at the beginning of a line, or after a time
	// that the kernel has put where a program had not ended its line.
	lineStart = `(?:^` + stamp + `|` + clock + caller + ` )`
)

// fatal are the first words of what a Linux kernel prints when it is in trouble
// (kernel/panic.c, arch/x86/kernel/dumpstack.c, kernel/watchdog.c, kernel/hung_task.c)
// that nothing else prints; they count anywhere in a line.
const fatal = `Kernel panic - not syncing` +
	`|kernel BUG at ` +
	`|(?:watchdog: )?BUG: (?:kernel NULL pointer|unable to handle|(?:soft|workqueue) lockup|KASAN|KFENCE|KCSAN|KMSAN|Bad |stack guard page|sleeping function|scheduling while atomic|spinlock |Invalid wait context)` +
	`|Unable to handle kernel` +
	`|(?:traps: )?PANIC: double fault` +
	`|INFO: task \S+ blocked for more than` +
	`|(?:rcu: )?INFO: rcu_\w+ (?:self-)?detected` +
	`|sysrq: Trigger a crash`

// fatalAtStart are words that a program may print too: they count only at the beginning of
// a message.
const fatalAtStart = `(?:watchdog: )?BUG: ` +
	`|Oops: ` +
	`|general protection fault` +
	`|(?:traps: )?PANIC: ` +
	`|.*: [0-9a-f]{4} \[#\d+\]` // of die(): "invalid opcode: 0000 [#1] SMP"

var splatStart = regexp.MustCompile(`(?m)` + stamp + `(?:` + fatal + `)|` + lineStart + `(?:` + fatalAtStart + `)`)

// maxSplat is how much of a splat is kept, in bytes.
const maxSplat = 16 << 10

// Splat cuts a panic, an oops or a lockup from a machine's console: from its first
// message on, at most 16 KiB, without control characters. It returns "" if there is none.
// It does not find warnings, after which a kernel goes on: Splats does.
func Splat(console []byte) string {
	console = unixLines(console)
	at := splatStart.FindIndex(console)
	if at == nil {
		return ""
	}
	return shown(console[at[0]:])
}

// unixLines ends lines as Unix does; a serial console has CR LF.
func unixLines(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) }

// shown returns the beginning of a splat as it can be shown.
func shown(text []byte) string {
	return strings.TrimSpace(strings.Map(printable, string(text[:min(len(text), maxSplat)])))
}

// printable drops control characters. Bytes that are not UTF-8 become U+FFFD.
func printable(r rune) rune {
	if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
		return -1
	}
	return r
}
