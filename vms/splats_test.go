package vms

import (
	"strings"
	"testing"
)

// reports are what kernels print, in their exact form; each ends as its kind does.
var reports = map[string]string{
	"WARN":               "[    3.1] ------------[ cut here ]------------\n[    3.1] WARNING: CPU: 0 PID: 60 at net/core/dev.c:1 f+0x1/0x2\n[    3.1] Modules linked in: veth\n[    3.1] Call Trace:\n[    3.1]  </TASK>\n[    3.1] ---[ end trace 0000000000000000 ]---",
	"WARN with words":    "[    3.1] ------------[ cut here ]------------\n[    3.1] refcount_t: underflow; use-after-free.\n[    3.1] WARNING: CPU: 0 PID: 60 at lib/refcount.c:28 f+0x1/0x2\n[    3.1] ---[ end trace 0000000000000000 ]---",
	"WARN of 6.19":       "[    3.1] ------------[ cut here ]------------\n[    3.1] WARNING: net/core/dev.c:1 at f+0x1/0x2, CPU#0: a/60\n[    3.1] ---[ end trace 0000000000000000 ]---",
	"WARN without a cut": "[    3.1][   T60] WARNING: CPU: 0 PID: 60 at net/core/dev.c:1 f+0x1/0x2\n[    3.1][   T60] ---[ end trace 0000000000000000 ]---",
	"oops":               "[    2.1] BUG: kernel NULL pointer dereference, address: 0000000000000000\n[    2.1] #PF: supervisor read access\n[    2.1] Oops: 0000 [#1] SMP\n[    2.1] RIP: 0010:f+0x1/0x2\n[    2.1]  </TASK>\n[    2.1] Modules linked in:\n[    2.1] ---[ end trace 0000000000000000 ]---",
	"lockdep":            "[    3.1] WARNING: possible circular locking dependency detected\n[    3.1] 6.1.0 Not tainted\n[    3.1] ------------------------------------------------------\n[    3.1] a/60 is trying to acquire lock:\n[    3.1]  <TASK>\n[    3.1]  dump_stack_lvl+0x1/0x2\n[    3.1]  </TASK>",
	"recursive":          "[    3.1] WARNING: possible recursive locking detected\n[    3.1] 6.1.0 Not tainted\n[    3.1]  </TASK>",
	"suspicious RCU":     "[    3.1] WARNING: suspicious RCU usage\n[    3.1] 6.1.0 Not tainted\n[    3.1]  </TASK>",
	"inconsistent":       "[    3.1] WARNING: inconsistent lock state\n[    3.1] 6.1.0 Not tainted\n[    3.1]  </TASK>",
	"invalid wait":       "[    3.1] [ BUG: Invalid wait context ]\n[    3.1] 6.1.0 Not tainted\n[    3.1]  </TASK>",
	"RCU stall":          "[   60.1] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n[   60.1] rcu: \t0-....: (14999 ticks)\n[   60.1]  </TASK>",
	"soft lockup":        "[   28.0] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [init:1]\n[   28.0] Modules linked in:\n[   28.0]  </TASK>",
	"hung task":          "[  242.1] INFO: task init:1 blocked for more than 120 seconds.\n[  242.1]       Not tainted\n[  242.1]  </TASK>",
	"KASAN":              "[    3.1] BUG: KASAN: use-after-free in f+0x1/0x2\n[    3.1] Read of size 8\n[    3.1]  </TASK>\n[    3.1] Allocated by task 1:\n[    3.1] ==================================================================",
	"KFENCE":             "[    3.1] BUG: KFENCE: use-after-free read in f+0x1/0x2\n[    3.1] \n[    3.1] Use-after-free read at\n[    3.1] ==================================================================",
	"KCSAN":              "[    3.1] BUG: KCSAN: data-race in f / g\n[    3.1] \n[    3.1] write to 0x1\n[    3.1] ==================================================================",
	"UBSAN":              "[    3.1] UBSAN: array-index-out-of-bounds in a.c:1:2\n[    3.1] index 3 is out of range\n[    3.1]  </TASK>\n[    3.1] ================================================================================",
	"UBSAN of 6.6":       "[    3.1] ------------[ cut here ]------------\n[    3.1] UBSAN: array-index-out-of-bounds in a.c:1:2\n[    3.1] index 3 is out of range\n[    3.1] ---[ end trace ]---",
	"panic":              "[    1.5] Kernel panic - not syncing: sysrq triggered crash\n[    1.5] CPU: 0 PID: 1\n[    1.5] ---[ end Kernel panic - not syncing: sysrq triggered crash ]---",
}

// calm is what a machine may say that is no error.
const calm = "[    2.5] veth0: link becomes ready\n[    2.6] a[60] general protection fault ip:1 sp:2 error:0 in a\n[    2.7] WARNING: Spectre v2 mitigation leaves CPU vulnerable\nbpflab agent: BUG: is what a program may print\n"

func TestSplats(t *testing.T) {
	for name, report := range reports {
		t.Run(name, func(t *testing.T) {
			console := calm + report + "\n[    8.0] after it\n"
			for _, in := range []string{console, strings.ReplaceAll(console, "\n", "\r\n"), report} {
				got, whole := Splats([]byte(in))
				if len(got) != 1 || got[0] != strings.TrimSpace(report) || !whole {
					t.Errorf("got %q, whole %v, want\n%s", got, whole, report)
				}
			}
			lines := strings.SplitAfter(report, "\n")
			if cut, whole := Splats([]byte(strings.Join(lines[:len(lines)-1], ""))); len(cut) != 1 || whole {
				t.Errorf("without its end: %q, whole %v", cut, whole)
			}
			two, _ := Splats([]byte(report + "\n" + calm + strings.ReplaceAll(report, "[    3.1]", "[    9.1]")))
			if len(two) != 2 {
				t.Errorf("%d of two are found: %q", len(two), two)
			}
		})
	}
}

func TestSplatsBehindAnUnfinishedLine(t *testing.T) {
	for name, report := range reports {
		if got, _ := Splats([]byte("unfinished" + report)); len(got) != 1 || got[0] != strings.TrimSpace(report) {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestSplatsOfACalmConsole(t *testing.T) {
	if got, whole := Splats([]byte(calm)); got != nil || !whole {
		t.Errorf("got %q, whole %v", got, whole)
	}
}

// FuzzSplats puts a warning between whatever a guest may print.
func FuzzSplats(f *testing.F) {
	f.Add([]byte(calm), []byte(calm))
	f.Add([]byte("unfinished"), []byte("\r\n"))
	for _, report := range reports {
		f.Add([]byte(report), []byte(reports["oops"]))
	}
	f.Fuzz(func(t *testing.T, before, after []byte) {
		got, _ := Splats([]byte(string(before) + reports["WARN"] + "\n" + string(after)))
		if len(got) == 0 || len(got) > maxSplats {
			t.Errorf("%d splats", len(got))
		}
		for line := range strings.Lines(string(before)) {
			if at := warningStart.FindStringIndex(line); (at != nil) != (startOf(line) >= 0) {
				t.Errorf("the signs miss %q", line)
			}
		}
		for _, s := range got {
			if len(s) > 3*maxSplat || strings.ContainsAny(s, "\x00\x1b\x7f\r") {
				t.Errorf("%q is shown", s)
			}
		}
	})
}
