package host

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/vmstest"
	"github.com/bpflab/bpflab/vms/wire"
)

func TestConformance(t *testing.T) {
	vmstest.Conformance(t, vmstest.Subject{Provider: func() vms.Provider { return New() }, Spec: realSpec(t)})
}

func TestPinsGoWithTheMachine(t *testing.T) {
	g := startGuest(t)
	g.put(t, "/tmp/pinner")
	g.run(t, "/tmp/pinner", pinAt+"=/sys/fs/bpf/"+leftName)
	if len(loaded(t, leftName)) == 0 {
		t.Fatal("the program is not in the kernel though it is pinned")
	}
	if _, err := os.Stat("/sys/fs/bpf/" + leftName); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the host has the pin too, error %v", err)
	}
	g.Close()
	unloaded(t, leftName)
}

func TestProcessesGoWithTheMachine(t *testing.T) {
	const command = "sleep\x001234567\x00"
	g := startGuest(t)
	g.run(t, "setsid sleep 1234567 >/dev/null 2>&1 </dev/null &")
	if !eventually(func() bool { return runs(t, command) }) {
		t.Fatal("it does not run")
	}
	g.Close()
	if runs(t, command) {
		t.Error("it has outlived its machine")
	}
}

// runs reports whether a process has that command line.
func runs(t *testing.T, command string) bool {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		if text, err := os.ReadFile(path); err == nil && string(text) == command {
			return true
		}
	}
	return false
}

// What a machine does to what is its own alone, the host does not see.
func TestWhatIsTheMachinesOwn(t *testing.T) {
	g := startGuest(t)
	for _, test := range []struct{ name, script, see string }{
		{"host name", "hostname bpflab-other; cat /proc/sys/kernel/hostname", "bpflab-other"},
		{"file", "echo mine >/tmp/bpflab-left; cat /tmp/bpflab-left", "mine"},
		{"mount", "mount -t tmpfs bpflab-left /mnt; grep -c bpflab-left /proc/mounts", "1"},
		{"network setting", "echo 77 >/proc/sys/net/ipv4/ip_default_ttl; cat /proc/sys/net/ipv4/ip_default_ttl", "77"},
		{"processes", "cat /proc/1/cmdline | tr '\\0' ' ' | grep -o 'agent --private'", "agent --private"},
		{"loopback", "cat /sys/class/net/lo/flags", "0x9"},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := hostSees(t)
			if out := g.run(t, test.script); out != test.see {
				t.Errorf("the machine sees %q, want %q", out, test.see)
			}
			if after := hostSees(t); after != before {
				t.Errorf("the host has changed from\n%s\nto\n%s", before, after)
			}
		})
	}
}

// hostSees returns what the scripts above would change.
func hostSees(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	for _, path := range []string{"/proc/sys/kernel/hostname", "/proc/sys/net/ipv4/ip_default_ttl", "/proc/1/cmdline", "/proc/self/mountinfo"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
	}
	if _, err := os.Stat("/tmp/bpflab-left"); err == nil {
		out.WriteString("/tmp/bpflab-left")
	}
	return out.String()
}

// What is the host's, a machine does not change by accident. Each script would
// change nothing if it were let.
func TestWhatTheMachineMayNotChange(t *testing.T) {
	g := startGuest(t)
	for _, test := range []struct{ name, script, refusal string }{
		{"setting", "cat /proc/sys/kernel/panic >/tmp/now; cat /tmp/now >/proc/sys/kernel/panic", "Read-only file system"},
		{"sysfs", ": >/sys/kernel/mm/bpflab", "Read-only file system"},
		{"control group", "mkdir /sys/fs/cgroup/bpflab-left", "Read-only file system"},
		{"clock", "! date -s @$(date +%s) 2>&1 >/dev/null | grep . >&2", "Operation not permitted"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if out, err := g.try(t, test.script); err == nil || !strings.Contains(err.Error(), test.refusal) {
				t.Errorf("output %q, error %v, want %q", out, err, test.refusal)
			}
		})
	}
}

func TestFilesOfTheHostAreReadOnly(t *testing.T) {
	g := startGuest(t)
	release, err := running()
	if err != nil {
		t.Fatal(err)
	}
	if since := (kernel.Version{Major: 5, Minor: 12}); imageOf(release).Version.Compare(since) < 0 {
		t.Skip("the host's files can be written: mount_setattr(2) came with 5.12, and this is " + release)
	}
	if out, err := g.try(t, "mkdir /var/lib/bpflab-left"); err == nil || !strings.Contains(err.Error(), "Read-only file system") {
		t.Errorf("output %q, error %v of a new directory", out, err)
	}
}

func TestPowerIsRefused(t *testing.T) {
	g := startGuest(t)
	err := g.client.Call(t.Context(), wire.OpPower, nil, nil, wire.IO{})
	var fault *wire.Fault
	if !errors.As(err, &fault) || fault.Code != "unsupported" || !strings.Contains(fault.Msg, "host") {
		t.Errorf("error %v, want a fault that names the host", err)
	}
	if out := g.run(t, "echo alive"); out != "alive" {
		t.Errorf("the machine says %q afterwards", out)
	}
}

func TestAgentThatCannotServe(t *testing.T) {
	spec := realSpec(t)
	for _, test := range []struct{ name, agent, want string }{
		{"not there", filepath.Join(t.TempDir(), "none"), "no such file"},
		{"ends", "/bin/false", "the agent ended: exit status 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			spec.Agent = test.agent
			m, err := New().Start(t.Context(), spec)
			if err == nil {
				<-m.Done()
				err = m.Err()
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestOtherKernelIsRefused(t *testing.T) {
	spec := realSpec(t)
	spec.Kernel.Release = "3.2.0"
	_, err := New().Start(t.Context(), spec)
	var failed *vms.StartError
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "kernel 3.2.0 is not the one of this host") {
		t.Errorf("error %v", err)
	}
}
