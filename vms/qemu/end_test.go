//go:build linux

package qemu

import (
	"errors"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms"
)

func TestWhyEnded(t *testing.T) {
	const panicked = "[    1.5] Kernel panic - not syncing: sysrq triggered crash\n"
	killed := errors.New("signal: killed")
	for _, test := range []struct {
		name     string
		shutdown string
		wait     error
		said     string
		console  string
		reason   error  // nil: a clean end
		splat    string // part of it
	}{
		{name: "power-off", shutdown: guestShutdown, console: "reboot: Power down\n"},
		{name: "power-off after an oops", shutdown: guestShutdown, console: "BUG: sleeping function\nreboot: Power down\n"},
		{name: "panic", shutdown: guestReset, console: "boot\n" + panicked, reason: vms.ErrPanic, splat: "sysrq triggered crash"},
		{name: "panic, and QEMU killed", wait: killed, console: panicked, reason: vms.ErrPanic, splat: "sysrq"},
		{name: "triple fault", shutdown: guestReset, console: "boot\r\nlast\r\n", reason: vms.ErrReset, splat: "the guest reset itself; the console ends with: last"},
		{name: "terminated", shutdown: "host-signal", said: "terminating on signal 15", reason: vms.ErrGone, splat: "host-signal; terminating on signal 15"},
		{name: "killed", wait: killed, reason: vms.ErrGone, splat: "QEMU ended: signal: killed"},
		{name: "claims to power off", console: "reboot: Power down\n", reason: vms.ErrGone, splat: "QEMU ended"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := whyEnded(test.shutdown, test.wait, test.said, []byte(test.console))
			if test.reason == nil {
				if err != nil {
					t.Fatalf("got %v, want a clean end", err)
				}
				return
			}
			var crash *vms.Crash
			if !errors.As(err, &crash) || crash.Reason != test.reason || !strings.Contains(crash.Splat, test.splat) {
				t.Errorf("got %#v, want reason %q with %q", err, test.reason, test.splat)
			}
		})
	}
}

func TestCappedKeepsTheBeginning(t *testing.T) {
	var c capped
	for range keepStderr {
		if n, err := c.Write([]byte("abc")); n != 3 || err != nil {
			t.Fatal(n, err)
		}
	}
	if got := c.String(); len(got) != keepStderr || !strings.HasPrefix(got, "abcabc") {
		t.Errorf("%d bytes, beginning %q", len(got), got[:6])
	}
}
