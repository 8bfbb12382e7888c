package vms

import (
	"bytes"
	"fmt"
	"regexp"
)

// errAgentMemory is the death of an agent that ran out of memory.
var errAgentMemory = fmt.Errorf("%w: %w", ErrAgent, ErrMemory)

// What a console shows of the death of PID 1, bpflab's agent.
var (
	// initDied is what the kernel says when PID 1 has ended (kernel/exit.c).
	initDied = regexp.MustCompile(`Kernel panic - not syncing: Attempted to kill init!`)

	// noMemory is a kernel that ran out of memory and found no process to kill
	// (mm/oom_kill.c), or killed PID 1 for it.
	noMemory = regexp.MustCompile(`Killed? process 1 \(|Kernel panic - not syncing: (?:System is deadlocked on memory|Out of memory and no killable processes)`)

	// goDied begins the report of a Go program that ends by itself. A report that begins
	// with a signal ("SIGSEGV: segmentation violation") means that another process sent
	// the signal, or changed the program's code.
	goDied = regexp.MustCompile(`(?m)^(?:fatal error: |panic: |runtime: out of memory|runtime: cannot allocate)`)

	// goNoMemory is such a report of a program that could not allocate memory.
	goNoMemory = regexp.MustCompile(`(?m)^(?:fatal error: |runtime: ).*(?:out of memory|cannot allocate)`)

	// signalled is the report of a Go program that died of a signal.
	signalled = regexp.MustCompile(`(?m)^SIG[A-Z0-9]+: |^\[signal SIG`)
)

// Death returns the crash that a console's end shows, nil if the kernel reported none. Its
// reason is ErrAgent where PID 1, bpflab's agent, has died by itself: for lack of memory, or
// by an internal error, which Go's runtime reports. If it died of a signal, another process
// caused that; for the kernel and for bpflab this is a panic.
func Death(console []byte) *Crash {
	console = unixLines(console)
	if crash := agentDeath(console); crash != nil {
		return crash
	}
	if splat := Splat(console); splat != "" {
		return &Crash{Reason: ErrPanic, Splat: splat}
	}
	return nil
}

func agentDeath(console []byte) *Crash {
	if at := noMemory.FindIndex(console); at != nil {
		return &Crash{Reason: errAgentMemory, Splat: shown(console[lineOf(console, at[0]):])}
	}
	died := initDied.FindIndex(console)
	if died == nil {
		return nil
	}
	before := console[:died[0]]
	report := goDied.FindIndex(before)
	switch {
	case report == nil:
		return nil
	case goNoMemory.Match(before):
		return &Crash{Reason: errAgentMemory, Splat: shown(console[report[0]:])}
	case signalled.Match(before):
		return nil
	}
	return &Crash{Reason: ErrAgent, Splat: shown(console[report[0]:])}
}

// lineOf returns the beginning of the line that contains an offset.
func lineOf(text []byte, at int) int { return bytes.LastIndexByte(text[:at], '\n') + 1 }
