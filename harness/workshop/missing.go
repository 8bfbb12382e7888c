package workshop

import (
	"regexp"
	"strings"

	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/vms/wire"
)

// Messages of cilium/ebpf about what is missing:
//
//	token __x64_sys_openat9: not found
//	open /sys/kernel/tracing/events/syscalls/sys_enter_openat9/id: no such file or directory
//	attach LSM/LSMMac: inode_unlnk LSM hook not supported
var (
	symbolMissing     = regexp.MustCompile(`(?:token|symbol) (\S+): .*(?:not found|no such file)`)
	tracepointMissing = regexp.MustCompile(`open /sys/kernel/\S*tracing/events/([\w/]+)/id: no such file`)
	hookMissing       = regexp.MustCompile(`attach LSM/LSM\w+: (\w+) LSM hook not supported`)
)

// askedFor matches the function that a section names, where cilium/ebpf tried the name
// of a system call in its place.
var askedFor = regexp.MustCompile(`fallback for "(\w+)"\): token \S+: not found`)

// fileMissing matches the file that a section names and that does not exist.
var fileMissing = regexp.MustCompile(`stat executable: stat (\S+): no such file`)

// systemCall matches the prefix of a system call's symbol since 4.17.
var systemCall = regexp.MustCompile(`^__\w+?_sys_`)

// inFile matches the file that a uprobe's section names.
var inFile = regexp.MustCompile(`section "u(?:ret)?probe/(/[^":]+):`)

// hookFunction is the prefix of the function by which a security hook calls BPF.
const hookFunction = "bpf_lsm_"

// found returns the first group of an expression's match, or "".
func found(re *regexp.Regexp, text string) string {
	if m := re.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// missingSymbol returns the function that could not be probed because it does not
// exist, or "".
func missingSymbol(seen string) string {
	if name := found(askedFor, seen); name != "" {
		return name
	}
	return systemCall.ReplaceAllString(found(symbolMissing, seen), "sys_")
}

// missingHook returns the security hook that this kernel lacks, or "".
func missingHook(single session.Single) string {
	for _, p := range single.Programs {
		if hook := found(hookMissing, p.Message); hook != "" {
			return hook
		}
	}
	return ""
}

// healthRequest returns what to ask a machine after a step has failed.
func healthRequest(single session.Single) wire.HealthAsk {
	ask := wire.HealthAsk{Symbol: missingSymbol(single.Seen), Tracepoint: found(tracepointMissing, single.Seen)}
	if hook := missingHook(single); hook != "" {
		ask.Symbol = hookFunction + hook
	}
	return ask
}

func wrongFile(f findings) *Diagnosis {
	file, name := found(inFile, f.single.Seen), missingSymbol(f.single.Seen)
	if file == "" || name == "" {
		return nil
	}
	return &Diagnosis{file + " has no function " + name, "is the name in SEC right? grep -c NAME " + file + " counts where the file has a name"}
}

func noFile(f findings) *Diagnosis {
	file := found(fileMissing, f.single.Seen)
	if file == "" {
		return nil
	}
	return &Diagnosis{"this machine has no file " + file, "is the path in SEC right? It is between uprobe/ and the colon and begins with a slash of its own"}
}

func wrongTracepoint(f findings) *Diagnosis {
	name := found(tracepointMissing, f.single.Seen)
	if name == "" {
		return nil
	}
	return f.missing("this kernel has no tracepoint "+name, "ls /sys/kernel/tracing/events/* lists them")
}

func wrongHook(f findings) *Diagnosis {
	name := missingHook(f.single)
	if name == "" {
		return nil
	}
	return f.missing("this kernel has no security hook "+name, "grep "+hookFunction+" /proc/kallsyms lists them")
}

func wrongSymbol(f findings) *Diagnosis {
	name := missingSymbol(f.single.Seen)
	if name == "" || found(inFile, f.single.Seen) != "" {
		return nil
	}
	return f.missing("this kernel has no function "+name+" that can be probed", "grep "+name+" /proc/kallsyms lists them")
}

// missing reports what is missing and what exists instead; if that is unknown, how to
// look.
func (f findings) missing(what, look string) *Diagnosis {
	if len(f.health.Similar) == 0 {
		return &Diagnosis{what, look}
	}
	return &Diagnosis{what, "there is " + strings.ReplaceAll(strings.Join(f.health.Similar, ", "), hookFunction, "")}
}
