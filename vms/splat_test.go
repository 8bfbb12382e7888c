package vms

import (
	"strings"
	"testing"
)

// quiet is a boot with the lines that look most like trouble and are none.
const quiet = `[    0.000000] Linux version 6.1.0-56-cloud-amd64 (gcc-12)
[    0.000000] ACPI BIOS Error (bug): A valid RSDP was not found (20220331/tbxfroot-210)
[    0.000000] Kernel command line: console=ttyS0 panic=-1 reboot=t
[    0.061320] Spectre V1 : Mitigation: usercopy/swapgs barriers and __user pointer sanitization
[    0.312111] rcu: Hierarchical SRCU implementation.
[    0.910023] WARNING: CPU: 0 PID: 1 at kernel/bpf/verifier.c:100 check+0x1/0x2
[    1.402511] Run /init as init process
bpflab agent: BUG: is what a program may print
`

func TestSplat(t *testing.T) {
	for _, test := range []struct{ name, trouble string }{
		{"panic", "[    1.501234] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n[    1.501300] CPU: 0 PID: 1"},
		{"no time stamps", "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100\nCPU: 0 PID: 1"},
		{"printed by a task", "[    1.501234][    T1] Kernel panic - not syncing: sysrq triggered crash\n[    1.50][    T1] CPU: 0"},
		{"null pointer", "[    2.1] BUG: kernel NULL pointer dereference, address: 0000000000000000\n[    2.1] #PF: supervisor write access"},
		{"before 5.x", "[    2.1] BUG: unable to handle kernel NULL pointer dereference at 0000000000000000\n[    2.1] PGD 0 P4D 0"},
		{"soft lockup", "[   28.0] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [init:1]\n[   28.0] Modules linked in:"},
		{"invalid opcode", "[    2.0] invalid opcode: 0000 [#1] PREEMPT SMP NOPTI\n[    2.0] CPU: 0 PID: 60"},
		{"oops", "[    2.0] Oops: invalid opcode: 0000 [#1] PREEMPT SMP NOPTI\n[    2.0] CPU: 0"},
		{"stack segment", "[    2.0] stack segment: 0000 [#1] SMP PTI\n[    2.0] CPU: 0"},
		{"double fault", "[    0.9] traps: PANIC: double fault, error_code: 0x0\n[    0.9] double fault: 0000 [#1] PREEMPT SMP NOPTI"},
		{"early double fault", "PANIC: double fault, error_code: 0x0\ndouble fault: 0000 [#1] SMP"},
		{"hung task", "[  242.1] INFO: task init:1 blocked for more than 120 seconds.\n[  242.1]       Not tainted"},
		{"rcu stall", "[   60.1] rcu: INFO: rcu_sched self-detected stall on CPU\n[   60.1] rcu: \t0-....: (14999 ticks)"},
		{"sysrq", "[    3.0] sysrq: Trigger a crash\n[    3.0] Kernel panic - not syncing: sysrq triggered crash"},
	} {
		t.Run(test.name, func(t *testing.T) {
			console := strings.ReplaceAll(quiet+test.trouble, "\n", "\r\n")
			if got := Splat([]byte(console)); got != test.trouble {
				t.Errorf("Splat gives\n%s\nwant\n%s", got, test.trouble)
			}
		})
	}
}

func TestSplatOfAQuietBootIsEmpty(t *testing.T) {
	if got := Splat([]byte(quiet)); got != "" {
		t.Errorf("no trouble, but a splat:\n%s", got)
	}
}

func TestSplatIsCapped(t *testing.T) {
	const first = "Kernel panic - not syncing: x"
	got := Splat([]byte(first + strings.Repeat("\nmore", maxSplat)))
	if len(got) > maxSplat || !strings.HasPrefix(got, first) {
		t.Errorf("%d bytes, at most %d wanted, beginning with the first line", len(got), maxSplat)
	}
}

func TestSplatHidesControlCharacters(t *testing.T) {
	const want = "Kernel panic - not syncing: [2J\uFFFD\tend"
	if got := Splat([]byte("Kernel panic - not syncing: \x1b[2J\xff\tend\x00")); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSplatWhereverItBegins(t *testing.T) {
	for _, message := range []string{
		"Kernel panic - not syncing: x", "kernel BUG at mm/a.c:1!", "Unable to handle kernel paging request",
		"BUG: kernel NULL pointer dereference, address: 0", "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [a:1]",
	} {
		for _, before := range []string{"", "\n", "unfinished", "unfinished ", "\x1b[1mx", "50%\r", "[ 1.2] half a me", "\xff\xfe", "bpflab agent: BUG: "} {
			for _, prefix := range []string{"", "<0>", "[    1.501234] ", "<0>[    1.501234] ", "[    1.5][    T1] ", "[    1.5][ C0] "} {
				for _, end := range []string{"", "\n", "\r\n[ 2.0] more"} {
					got := Splat([]byte(before + prefix + message + end))
					if first := strings.TrimSpace(prefix + message); !strings.HasPrefix(got, first) {
						t.Errorf("%q: got %q, want it to begin with %q", before+prefix+message+end, got, first)
					}
				}
			}
		}
	}
}

// FuzzSplat puts a panic behind whatever a guest may have printed: it is found, and
// what is shown of it is bounded and harmless.
func FuzzSplat(f *testing.F) {
	f.Add([]byte(quiet))
	f.Add([]byte("unfinished"))
	f.Add([]byte("\r\n\r[ 1.0"))
	f.Add([]byte("[    1.0] ------------[ cut here ]------------\n\xff"))
	f.Fuzz(func(t *testing.T, before []byte) {
		got := Splat(append(before, "Kernel panic - not syncing: fuzzed\n"...))
		if got == "" {
			t.Error("a panic was missed")
		}
		if len(got) > 3*maxSplat || strings.ContainsAny(got, "\x00\x1b\x7f\r") {
			t.Errorf("%d bytes are shown, or control characters", len(got))
		}
		if crash := Death(append(before, "Kernel panic - not syncing: fuzzed\n"...)); crash == nil {
			t.Error("a death was missed")
		}
	})
}
