package guest

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/variant"
	"github.com/bpflab/bpflab/vms/wire"
)

// bootVariant is in what this machine's kernel is to differ from how it is usually booted, and
// what of that did not take effect.
type bootVariant struct {
	wanted      variant.Variant
	hierarchies []filesystem // of control groups
	unmet       []wire.Unmet
}

// unified is the hierarchy of control groups of a machine whose variant says nothing.
var unified = []filesystem{{"cgroup2", cgroupRoot, true}}

// readVariant returns the variant that the kernel's command line names.
func readVariant() *bootVariant {
	v := &bootVariant{hierarchies: unified}
	text, err := parameter(variant.Parameter)
	if err != nil {
		return v // it is the usual one
	}
	v.wanted = variant.Variant(text)
	if v.wanted.Has(variant.Setting{Name: "cgroup1"}) {
		v.hierarchies = nil
	}
	return v
}

// knobs make a setting true, as far as the command line has not, and look whether it is.
// The error says what they saw.
var knobs = map[string]func(value string) error{
	"cgroup1":      func(string) error { return mountCgroup1(cgroupRoot, "/proc/cgroups") },
	"hardened":     func(string) error { return sysctl("net/core/bpf_jit_harden", "2") },
	"jit":          func(string) error { return turnJITOff("/proc/sys/net/core/bpf_jit_enable") },
	"lockdown":     checkLockdown,
	"lsm":          checkLSM,
	"mem":          func(string) error { return nil }, // the host compares it with wire.Ready
	"preempt":      checkPreempt,
	"unprivileged": func(string) error { return sysctl("kernel/unprivileged_bpf_disabled", "0") },
}

// apply makes all settings true, and keeps those that cannot be.
func (v *bootVariant) apply() {
	for _, s := range v.wanted.Settings() {
		err := errors.New("this agent does not know it")
		if turn := knobs[s.Name]; turn != nil {
			err = turn(s.Value)
		}
		if err != nil {
			v.unmet = append(v.unmet, wire.Unmet{Setting: s.String(), Seen: err.Error()})
		}
	}
}

// sysctl sets a sysctl, by its path below /proc/sys, and reads it again.
func sysctl(name, value string) error { return setFile("/proc/sys/"+name, value) }

// setFile sets a file of the kernel's and reads it again. Where it has the value already nothing
// is written: before 5.13 kernel/sysctl.c takes only 1 for unprivileged_bpf_disabled.
func setFile(file, value string) error {
	now, err := os.ReadFile(file)
	if err == nil && strings.TrimSpace(string(now)) == value {
		return nil
	}
	failed := os.WriteFile(file, []byte(value), 0)
	now, err = os.ReadFile(file)
	switch {
	case err != nil:
		return err
	case failed != nil:
		return fmt.Errorf("%w, and it is %s", failed, strings.TrimSpace(string(now)))
	case strings.TrimSpace(string(now)) != value:
		return fmt.Errorf("%s is %s after %s was written", file, strings.TrimSpace(string(now)), value)
	}
	return nil
}

// turnJITOff has the kernel interpret programs. A kernel without the switch has no JIT.
func turnJITOff(file string) error {
	err := setFile(file, "0")
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

const securityDir = "/sys/kernel/security"

// checkLockdown looks whether the kernel is locked down so far. The file has the level
// in brackets.
func checkLockdown(level string) error {
	activeLSMs() // mounts securityfs
	text, err := os.ReadFile(securityDir + "/lockdown")
	if err == nil && !strings.Contains(string(text), "["+level+"]") {
		err = fmt.Errorf("%s/lockdown says %s", securityDir, strings.TrimSpace(string(text)))
	}
	return err
}

// checkLSM looks whether a security module is active.
func checkLSM(name string) error {
	active := activeLSMs()
	if !strings.Contains(","+active+",", ","+name+",") {
		return fmt.Errorf("the active security modules are %q", active)
	}
	return nil
}

// checkPreempt looks which model of preemption is in force: in debugfs, or where that is
// locked down in the kernel's log. "" is full.
func checkPreempt(model string) error {
	if model == "" {
		model = "full"
	}
	const file = "/sys/kernel/debug/sched/preempt" // since 5.13
	text, err := os.ReadFile(file)
	if err == nil {
		if !strings.Contains(string(text), "("+model+")") {
			return fmt.Errorf("%s says %s", file, strings.TrimSpace(string(text)))
		}
		return nil
	}
	log := string(kernelLog())
	const form = "Dynamic Preempt: " // as sched_dynamic_update of kernel/sched/core.c prints it
	at := strings.LastIndex(log, form)
	if at < 0 {
		return err
	}
	said, _, _ := strings.Cut(log[at+len(form):], "\n")
	if said = strings.TrimSpace(said); said != model {
		return fmt.Errorf("the kernel says that it preempts %s", said)
	}
	return nil
}

// kernelLog returns what the kernel has printed so far.
func kernelLog() []byte {
	const readAll = 3 // SYSLOG_ACTION_READ_ALL
	buf := make([]byte, 1<<20)
	n, err := unix.Klogctl(readAll, buf)
	if err != nil {
		return nil
	}
	return buf[:n]
}
