package vms

import (
	"bytes"
	"fmt"
	"regexp"
)

// errAgentMemory is the death of an agent for which there was no memory.
var errAgentMemory = fmt.Errorf("%w: %w", ErrAgent, ErrMemory)

// What a console shows of the death of PID 1, bpflab's agent.
var (
	// initDied is what the kernel says when PID 1 has ended (kernel/exit.c).
	initDied = regexp.MustCompile(`Kernel panic - not syncing: Attempted to kill init!`)

	// noMemory is a kernel that found no memory and nothing to kill (mm/oom_kill.c), or
	// that killed PID 1 for it.
	noMemory = regexp.MustCompile(`Killed? process 1 \(|Kernel panic - not syncing: (?:System is deadlocked on memory|Out of memory and no killable processes)`)

	// goDied begins the report of a Go program that ends by itself. A report that
	// begins with a signal ("SIGSEGV: segmentation violation") is of one that
	// another process has sent, or of code that was changed under it.
	goDied = regexp.MustCompile(`(?m)^(?:fatal error: |panic: |runtime: out of memory|runtime: cannot allocate)`)

	// goNoMemory is such a report of a program that got no memory.
	goNoMemory = regexp.MustCompile(`(?m)^(?:fatal error: |runtime: ).*(?:out of memory|cannot allocate)`)

	// signalled is the report of a Go program that died of a signal.
	signalled = regexp.MustCompile(`(?m)^SIG[A-Z0-9]+: |^\[signal SIG`)
)

// Death returns the crash that a console's end shows, nil if the kernel did not
// complain. Its reason is ErrAgent where PID 1, bpflab's agent, has died by itself: for
// want of memory, or by an error of its own, of which Go prints a report. One that died
// of a signal died of what another process did: to the kernel and to us that is a panic.
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

// lineOf returns where the line begins that a place is in.
func lineOf(text []byte, at int) int { return bytes.LastIndexByte(text[:at], '\n') + 1 }
