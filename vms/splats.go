package vms

import (
	"regexp"
	"strconv"
	"strings"
)

// warning are the first words of a kernel's report of an error that it survives
// (kernel/panic.c, kernel/locking/lockdep.c, kernel/rcu, lib/ubsan.c, mm/kasan).
const warning = `-{6,}\[ cut here \]-{6,}` +
	`|WARNING: (?:CPU: \d+ PID: \d+ at |\S+:\d+ at )` +
	`|(?:WARNING|INFO): (?:possible (?:circular|recursive|irq lock|unlock)|suspicious RCU usage|suspicious rcu_|inconsistent lock state|bad unlock balance|bad contention|lock held |held lock freed|Nested lock|\S*(?:HARDIRQ|SOFTIRQ|RECLAIM_FS)\S*-safe -> |trying to register non-static key)` +
	`|\[ BUG: ` +
	`|UBSAN: `

var warningStart = regexp.MustCompile(splatStart.String() + `|` + stamp + `(?:` + warning + `)`)

// How splats end. A report in a frame ends with its second rule of equals signs, a
// warning or an oops with a mark of its own; reports without either end with their
// stack, or where the kernel prints nothing for a second.
var (
	endMark  = regexp.MustCompile(`---\[ end (?:trace|Kernel panic)|</TASK>\s*$`)
	endTrace = regexp.MustCompile(`---\[ end (?:trace|Kernel panic)`)
	rule     = regexp.MustCompile(`={20,}\s*$`)
	cutHere  = regexp.MustCompile(`-{6,}\[ cut here \]-{6,}`)
	framed   = regexp.MustCompile(`BUG: K[A-Z]+SAN|BUG: KFENCE|UBSAN: `)
	traced   = regexp.MustCompile(`\[ cut here \]|WARNING: (?:CPU: |\S+:\d+ at )|kernel BUG at |BUG: (?:kernel NULL|unable to handle)|Oops: |\[#\d+\]|general protection|Unable to handle|Kernel panic`)
	seconds  = regexp.MustCompile(`\[ *(\d+\.\d+)\]`)
)

const (
	maxSplatLines = 200
	maxSplats     = 50
)

// Splats cuts every complete report of an error from a part of a console, in order: what
// Splat finds, and those that the kernel survives, of WARN, lockdep, RCU and the sanitizers.
// whole is false where the last one is not complete yet.
func Splats(console []byte) (splats []string, whole bool) {
	lines := strings.Split(string(unixLines(console)), "\n")
	whole = true
	for i := 0; i < len(lines) && len(splats) < maxSplats; {
		at := startOf(lines[i])
		if at < 0 {
			i++
			continue
		}
		var n int
		n, whole = splatLength(lines[i:])
		text := strings.Join(lines[i:i+n], "\n")
		splats = append(splats, shown([]byte(text[at:])))
		i += n
	}
	return splats, whole
}

// signs are what a line has at least one of if a report begins in it. They are found in a
// hundredth of the time of the expression, which matters where a guest has written much.
var signs = []string{"panic", "BUG", "WARNING", "INFO:", "UBSAN", "Oops", "PANIC", "cut here", "[#", "Unable to handle", "general protection", "Trigger a crash"}

// startOf returns where in a line a report begins, or -1.
func startOf(line string) int {
	for _, sign := range signs {
		if strings.Contains(line, sign) {
			if at := warningStart.FindStringIndex(line); at != nil {
				return at[0]
			}
			return -1
		}
	}
	return -1
}

// splatLength returns how many lines the splat has that begins with the first one, and
// whether these include its end.
func splatLength(lines []string) (n int, whole bool) {
	head := lines[0]
	if cutHere.MatchString(head) && len(lines) > 1 {
		head += lines[1]
	}
	inFrame, hasTrace := framed.MatchString(head), traced.MatchString(head)
	last := secondsOf(lines[0], 0)
	for i, line := range lines[1:min(len(lines), maxSplatLines)] {
		i++
		now := secondsOf(line, last)
		switch {
		case cutHere.MatchString(line), now > last+1, !hasTrace && i > 2 && startOf(line) >= 0:
			return i, true
		case inFrame && rule.MatchString(line), endTrace.MatchString(line), !hasTrace && !inFrame && endMark.MatchString(line):
			return i + 1, true
		}
		last = now
	}
	n = min(len(lines), maxSplatLines)
	return n, n == maxSplatLines
}

// secondsOf returns the time that the kernel has put before a message, or else the
// last one.
func secondsOf(line string, last float64) float64 {
	m := seconds.FindStringSubmatch(line)
	if m == nil {
		return last
	}
	at, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return last
	}
	return at
}
