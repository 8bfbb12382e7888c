package workshop

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/vms/wire"
)

// findings are the input of a diagnosis of a failed step.
type findings struct {
	step   lab.Step
	single session.Single
	health wire.Health
	code   string
}

// symptoms are tested in this order; each that applies is reported.
var symptoms = []func(findings) *Diagnosis{
	noShell, outOfProcesses, outOfMemory, traceTaken, tracingOff, noTracefs, lsmNotListed, noFile, wrongFile, wrongTracepoint, wrongHook, wrongSymbol, neverRan, ranSilently, sizeOfPointer, notLicensed, answerOfAnotherHook, byteOrder,
}

// diagnose returns known faults of the machine and common mistakes that may have made a
// step fail.
func diagnose(f findings) []Diagnosis {
	var out []Diagnosis
	for _, symptom := range symptoms {
		if d := symptom(f); d != nil {
			out = append(out, *d)
		}
	}
	return out
}

// wantsTrace reports whether the step checks lines of the trace buffer.
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
	return &Diagnosis{"the machine's files are gone: there is no /bin/sh", "take a new machine; your C file stays"}
}

const (
	manyProcesses = maxProcesses / 2 // some 60 more are the kernel's
	littleMemory  = 12 << 20
)

func outOfProcesses(f findings) *Diagnosis {
	full := strings.Contains(f.single.Seen, "resource temporarily unavailable")
	if f.health.Processes < manyProcesses && !full {
		return nil
	}
	return &Diagnosis{fmt.Sprintf("the machine has %d processes and can hardly start another", f.health.Processes), "end what starts them, or take a new machine"}
}

func outOfMemory(f findings) *Diagnosis {
	if f.health.FreeMemory == 0 || f.health.FreeMemory > littleMemory {
		return nil
	}
	return &Diagnosis{fmt.Sprintf("the machine has %d MiB of memory left", f.health.FreeMemory>>20), "delete large files in /tmp, or take a new machine"}
}

func traceTaken(f findings) *Diagnosis {
	if !f.wantsTrace() || len(f.health.TraceReaders) == 0 {
		return nil
	}
	p := f.health.TraceReaders[0]
	return &Diagnosis{fmt.Sprintf("%s (process %d) has trace_pipe open: this kernel lets one program at a time read it, and on older ones each line goes to one of them", p.Comm, p.PID),
		"end it with Ctrl-C in its terminal and check again; the trace pane shows the lines, too"}
}

func tracingOff(f findings) *Diagnosis {
	if !f.wantsTrace() || !f.health.TracingOff {
		return nil
	}
	return &Diagnosis{"tracing is switched off in this machine: tracing_on is 0", "echo 1 > /sys/kernel/tracing/tracing_on"}
}

func noTracefs(f findings) *Diagnosis {
	if !f.health.NoTracefs {
		return nil
	}
	return &Diagnosis{"tracefs is not mounted; tracepoints, kprobes and bpf_printk need it", "mount -t tracefs tracefs /sys/kernel/tracing"}
}

func lsmNotListed(f findings) *Diagnosis {
	isLSM := false
	for _, p := range f.single.Programs {
		isLSM = isLSM || p.Type == "LSM"
	}
	if !isLSM || f.health.LSMs == "" || strings.Contains(","+f.health.LSMs+",", ",bpf,") {
		return nil
	}
	return &Diagnosis{"the active security modules are " + f.health.LSMs + ": bpf is not among them, so LSM programs load but never run",
		"boot the kernel with lsm=" + f.health.LSMs + ",bpf"}
}

// neverRan finds an attached program that no event has run.
func neverRan(f findings) *Diagnosis {
	if len(f.health.Runs) == 0 || len(f.single.Checks) == 0 || f.health.NoShell {
		return nil
	}
	for _, r := range f.health.Runs {
		if r.Runs > 0 {
			return nil
		}
	}
	return &Diagnosis{"the program is attached and did not run once", "does the event that its section names happen?"}
}

func ranSilently(f findings) *Diagnosis {
	if !f.wantsTrace() || strings.Contains(f.code, "bpf_trace_printk") || strings.Contains(f.code, "bpf_printk") {
		return nil
	}
	for _, r := range f.health.Runs {
		if r.Runs > 0 {
			return &Diagnosis{fmt.Sprintf("the program %s ran %d times and printed nothing: the code does not call bpf_trace_printk", r.Name, r.Runs), "call bpf_trace_printk or bpf_printk"}
		}
	}
	return nil
}

// pointerToText matches a string that is declared as a pointer and not as an array.
var pointerToText = regexp.MustCompile(`\bchar\s*\*\s*(\w+)\s*=\s*"`)

// sizeOfPointer finds a string that is printed with the size of its pointer.
func sizeOfPointer(f findings) *Diagnosis {
	if !f.wantsTrace() {
		return nil
	}
	for _, m := range pointerToText.FindAllStringSubmatch(f.code, -1) {
		if strings.Contains(f.code, "sizeof("+m[1]+")") {
			return &Diagnosis{"sizeof(" + m[1] + ") is the size of a pointer, 8, and not of the string", "make it an array: char " + m[1] + "[] = …"}
		}
	}
	return nil
}

func notLicensed(f findings) *Diagnosis {
	if !strings.Contains(f.single.Log, "GPL-restricted") {
		return nil
	}
	return &Diagnosis{"the helper is only available to programs with a GPL-compatible licence", `char LICENSE[] SEC("license") = "GPL";`}
}
