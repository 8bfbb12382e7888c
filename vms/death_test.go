package vms

import (
	"errors"
	"strings"
	"testing"
)

const killedInit = "[   14.2] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000200\n[   14.2] CPU: 0 PID: 1 Comm: init\n"

func TestDeath(t *testing.T) {
	for _, test := range []struct {
		name, console string
		reason        error
		first         string // of the splat
	}{
		{"panic", "[ 1.0] Kernel panic - not syncing: x", ErrPanic, "[ 1.0] Kernel panic"},
		{"panic in an unfinished line", "loading ob[ 1.0] Kernel panic - not syncing: x", ErrPanic, "[ 1.0] Kernel panic"},
		{"out of memory", "fatal error: runtime: out of memory\n\ngoroutine 1 [running]:\n" + killedInit, errAgentMemory, "fatal error: runtime"},
		{"no thread", "runtime: cannot allocate memory\nfatal error: newosproc\n" + killedInit, errAgentMemory, "runtime: cannot"},
		{"an error of the agent", "panic: runtime error: index out of range [3] with length 3\n\ngoroutine 7 [running]:\n" + killedInit, ErrAgent, "panic: runtime error"},
		{"killed for memory", "[ 9.0] Out of memory: Killed process 1 (init) total-vm:1kB\n" + killedInit, errAgentMemory, "[ 9.0] Out of memory"},
		{"nothing to kill", "[ 9.0] Kernel panic - not syncing: System is deadlocked on memory\n", errAgentMemory, "[ 9.0] Kernel panic"},
		{"another process killed", "[ 9.0] Out of memory: Killed process 17 (x) total-vm:1kB\n", nil, ""},
		{"a signal from a process", "SIGSEGV: segmentation violation\nPC=0x46d m=0 sigcode=0\n\ngoroutine 0:\n" + killedInit, ErrPanic, "[   14.2] Kernel panic"},
		{"memory changed under it", "panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1]\n" + killedInit, ErrPanic, "[   14.2] Kernel panic"},
		{"exit of PID 1 without a report", killedInit, ErrPanic, "[   14.2] Kernel panic"},
		{"a report, and a panic of another kind", "panic: x\n[ 2.0] Kernel panic - not syncing: sysrq triggered crash", ErrPanic, "[ 2.0] Kernel panic"},
		{"a warning", "[ 2.0] ------------[ cut here ]------------\n[ 2.0] WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2", nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			crash := Death([]byte(strings.ReplaceAll(quiet+test.console, "\n", "\r\n")))
			if test.reason == nil {
				if crash != nil {
					t.Errorf("died of %v, want none", crash)
				}
				return
			}
			if crash == nil || crash.Reason != test.reason || !strings.HasPrefix(crash.Splat, test.first) {
				t.Errorf("died of %+v, want %v beginning with %q", crash, test.reason, test.first)
			}
		})
	}
	if !errors.Is(errAgentMemory, ErrAgent) || !errors.Is(errAgentMemory, ErrMemory) {
		t.Error("an agent without memory is not an agent that died of that")
	}
}
