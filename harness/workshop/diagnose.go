package workshop

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/vms/wire"
)

// findings are what a failed step is diagnosed from.
type findings struct {
	step   lab.Step
	single session.Single
	health wire.Health
	code   string
}

// symptoms are looked for in this order; each that fits is told.
var symptoms = []func(findings) *Diagnosis{
	noShell, outOfProcesses, outOfMemory, traceTaken, tracingOff, noTracefs, lsmNotListed, noFile, wrongFile, wrongTracepoint, wrongHook, wrongSymbol, neverRan, ranSilently, sizeOfPointer, notLicensed,
}

// diagnose tells what of the machine, or of the usual mistakes, may be the reason that
// a step failed.
func diagnose(f findings) []Diagnosis {
	var out []Diagnosis
	for _, symptom := range symptoms {
		if d := symptom(f); d != nil {
			out = append(out, *d)
		}
	}
	return out
}

func (f findings) wantsTrace() bool {
	for _, c := range f.step.Checks {
		if c.Trace != nil {
			return true
		}
	}
	return false
}

func noShell(f findings) *Diagnosis {
	if !f.health.NoShell {
		return nil
	}
	return &Diagnosis{"the machine's files are gone: it has no /bin/sh", "take a new machine; your C file stays"}
}

const (
	manyProcesses = maxProcesses / 2 // beside those, some 60 are the kernel's
	littleMemory  = 12 << 20
)

func outOfProcesses(f findings) *Diagnosis {
	full := strings.Contains(f.single.Seen, "resource temporarily unavailable")
	if f.health.Processes < manyProcesses && !full {
		return nil
	}
	return &Diagnosis{fmt.Sprintf("the machine has %d processes, and hardly room for one more", f.health.Processes), "end what makes them, or take a new machine"}
}

func outOfMemory(f findings) *Diagnosis {
	if f.health.FreeMemory == 0 || f.health.FreeMemory > littleMemory {
		return nil
	}
	return &Diagnosis{fmt.Sprintf("the machine has %d MiB of memory left", f.health.FreeMemory>>20), "remove what fills /tmp, or take a new machine"}
}

func traceTaken(f findings) *Diagnosis {
	if !f.wantsTrace() || len(f.health.TraceReaders) == 0 {
		return nil
	}
	p := f.health.TraceReaders[0]
	return &Diagnosis{fmt.Sprintf("%s (process %d) reads trace_pipe as well, and what one reader takes no other one sees", p.Comm, p.PID),
		"end it with Ctrl-C in its terminal, and check again; the trace pane shows the lines, too"}
}

func tracingOff(f findings) *Diagnosis {
	if !f.wantsTrace() || !f.health.TracingOff {
		return nil
	}
	return &Diagnosis{"tracing is switched off in this machine: tracing_on holds 0", "echo 1 > /sys/kernel/tracing/tracing_on"}
}

func noTracefs(f findings) *Diagnosis {
	if !f.health.NoTracefs {
		return nil
	}
	return &Diagnosis{"tracefs is not mounted, which tracepoints, kprobes and bpf_printk need", "mount -t tracefs tracefs /sys/kernel/tracing"}
}

func lsmNotListed(f findings) *Diagnosis {
	isLSM := false
	for _, p := range f.single.Programs {
		isLSM = isLSM || p.Type == "LSM"
	}
	if !isLSM || f.health.LSMs == "" || strings.Contains(","+f.health.LSMs+",", ",bpf,") {
		return nil
	}
	return &Diagnosis{"the security modules in force are " + f.health.LSMs + ": bpf is not among them, so LSM programs load and are never asked",
		"boot the kernel with lsm=" + f.health.LSMs + ",bpf"}
}

// neverRan tells of an attached program that no event has run.
func neverRan(f findings) *Diagnosis {
	if len(f.health.Runs) == 0 || len(f.single.Checks) == 0 || f.health.NoShell {
		return nil
	}
	for _, r := range f.health.Runs {
		if r.Runs > 0 {
			return nil
		}
	}
	return &Diagnosis{"the program is attached, and did not run once", "does the event happen that its section names?"}
}

func ranSilently(f findings) *Diagnosis {
	if !f.wantsTrace() || strings.Contains(f.code, "bpf_trace_printk") || strings.Contains(f.code, "bpf_printk") {
		return nil
	}
	for _, r := range f.health.Runs {
		if r.Runs > 0 {
			return &Diagnosis{fmt.Sprintf("the program %s ran %d times, and prints nothing: the code calls no bpf_trace_printk", r.Name, r.Runs), "let it print"}
		}
	}
	return nil
}

// pointerToText finds the name of a text that is no array.
var pointerToText = regexp.MustCompile(`\bchar\s*\*\s*(\w+)\s*=\s*"`)

// sizeOfPointer tells of a text that is printed with the size of its address.
func sizeOfPointer(f findings) *Diagnosis {
	if !f.wantsTrace() {
		return nil
	}
	for _, m := range pointerToText.FindAllStringSubmatch(f.code, -1) {
		if strings.Contains(f.code, "sizeof("+m[1]+")") {
			return &Diagnosis{"sizeof(" + m[1] + ") is the size of an address, 8, and not of the text", "make it an array: char " + m[1] + "[] = …"}
		}
	}
	return nil
}

func notLicensed(f findings) *Diagnosis {
	if !strings.Contains(f.single.Log, "GPL-restricted") {
		return nil
	}
	return &Diagnosis{"the helper is only for programs whose licence is compatible with the GPL", `char LICENSE[] SEC("license") = "GPL";`}
}
