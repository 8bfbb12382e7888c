package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel/store"
	"github.com/bpflab/bpflab/vms/qemu"
)

// checkQEMU looks for a QEMU that machines can run on.
func checkQEMU(ctx context.Context) finding {
	const name = "qemu"
	path, version, err := qemu.New(qemu.Options{}).Installed(ctx)
	var start *vms.StartError
	if errors.As(err, &start) {
		return lack(name, true, start.Err.Error(), qemu.Tool)
	}
	if err != nil {
		return finding{Name: name, State: stateMissing, Required: true, Detail: err.Error()}
	}
	detail := fmt.Sprintf("%s (%s)", version, path)
	if err := qemu.CannotHold(path); err != nil {
		detail += fmt.Sprintf("; each machine takes some 30 ms longer to start, because no process of it can be held: %v", err)
	}
	return finding{Name: name, State: stateOK, Required: true, Detail: detail}
}

// checkKVM runs the probe of QEMU's accelerators and shows what was on record before.
func checkKVM(ctx context.Context) finding {
	cache, err := store.DefaultRoot()
	if err != nil {
		return finding{Name: "kvm", State: stateMissing, Detail: err.Error()}
	}
	found, err := qemu.New(qemu.Options{Cache: qemuCache(cache)}).Inspect(ctx)
	if err != nil {
		return finding{Name: "kvm", State: stateMissing, Detail: "not tried: " + err.Error()}
	}
	return kvmFinding(found)
}

// kvmFinding reports what a look at the host's accelerators shows.
func kvmFinding(found qemu.Inspection) finding {
	out := finding{Name: "kvm", State: stateOK, Detail: fmt.Sprintf("a guest ran in KVM, for %.2f s", found.Now.Seconds)}
	if found.Now.Seconds == 0 {
		out.Detail = "/dev/kvm can be opened; no guest was run in it"
	}
	if found.Now.Name != qemu.KVM {
		out.State, out.Fix = stateMissing, found.Now.Hint
		out.Detail = cmp.Or(found.Now.Why, "KVM was not tried") + "; machines are emulated (TCG): slower, with the same results"
	}
	notes := []string{"machines: " + verdict.Hypervisor(found.Hypervisor).String(), "on record until now: " + recordText(found.Record)}
	if found.Now.Slowness > 1 {
		notes = append(notes, fmt.Sprintf("this host is slow: limits of time are %.1f times as long as usual", found.Now.Slowness))
	}
	out.Detail += "\n" + strings.Join(notes, "\n")
	return out
}

// recordText returns what the probe's record held.
func recordText(a qemu.Accelerator) string {
	switch {
	case a.Name == "":
		return "nothing"
	case a.Why == "":
		return fmt.Sprintf("%s, since %s", a.Name, a.Found.Format(time.DateTime))
	}
	return fmt.Sprintf("%s, since %s, because %s", a.Name, a.Found.Format(time.DateTime), a.Why)
}
