package workshop

import (
	"regexp"
	"strings"

	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/vms/wire"
)

// What is not there, in cilium/ebpf's words:
//
//	token __x64_sys_openat9: not found
//	open /sys/kernel/tracing/events/syscalls/sys_enter_openat9/id: no such file or directory
//	attach LSM/LSMMac: inode_unlnk LSM hook not supported
var (
	symbolMissing     = regexp.MustCompile(`(?:token|symbol) (\S+): .*(?:not found|no such file)`)
	tracepointMissing = regexp.MustCompile(`open /sys/kernel/\S*tracing/events/([\w/]+)/id: no such file`)
	hookMissing       = regexp.MustCompile(`attach LSM/LSM\w+: (\w+) LSM hook not supported`)
)

// askedFor finds the function that a section names, where cilium/ebpf has tried the name
// of a system call in its place.
var askedFor = regexp.MustCompile(`fallback for "(\w+)"\): token \S+: not found`)

// fileMissing finds the program that a section names and that is not there.
var fileMissing = regexp.MustCompile(`stat executable: stat (\S+): no such file`)

// systemCall is what stands before a system call's name since 4.17.
var systemCall = regexp.MustCompile(`^__\w+?_sys_`)

// inFile finds the program that a uprobe's section names.
var inFile = regexp.MustCompile(`section "u(?:ret)?probe/(/[^":]+):`)

// hookFunction is what stands before a security hook's name, where BPF is called.
const hookFunction = "bpf_lsm_"

// found is the first group of an expression's match, "" if there is none.
func found(re *regexp.Regexp, text string) string {
	if m := re.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

func missingSymbol(seen string) string {
	if name := found(askedFor, seen); name != "" {
		return name
	}
	return systemCall.ReplaceAllString(found(symbolMissing, seen), "sys_")
}

func missingHook(single session.Single) string {
	for _, p := range single.Programs {
		if hook := found(hookMissing, p.Message); hook != "" {
			return hook
		}
	}
	return ""
}

// asksFor is what a machine is asked after a step has failed.
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
	return &Diagnosis{file + " has no function " + name, "is the name in SEC right? grep -c NAME " + file + " tells whether the file has a name at all"}
}

func noFile(f findings) *Diagnosis {
	file := found(fileMissing, f.single.Seen)
	if file == "" {
		return nil
	}
	return &Diagnosis{"this machine has no file " + file, "is the path in SEC right? It stands between uprobe/ and the colon, and begins with a slash of its own"}
}

func wrongTracepoint(f findings) *Diagnosis {
	name := found(tracepointMissing, f.single.Seen)
	if name == "" {
		return nil
	}
	return f.missing("this kernel has no tracepoint "+name, "ls /sys/kernel/tracing/events/* tells what there is")
}

func wrongHook(f findings) *Diagnosis {
	name := missingHook(f.single)
	if name == "" {
		return nil
	}
	return f.missing("this kernel has no security hook "+name, "grep "+hookFunction+" /proc/kallsyms tells what there is")
}

func wrongSymbol(f findings) *Diagnosis {
	name := missingSymbol(f.single.Seen)
	if name == "" || found(inFile, f.single.Seen) != "" {
		return nil
	}
	return f.missing("this kernel has no function "+name+" that can be probed", "grep "+name+" /proc/kallsyms tells what there is")
}

// missing tells what is not there, and what is there instead; or how to look.
func (f findings) missing(what, look string) *Diagnosis {
	if len(f.health.Similar) == 0 {
		return &Diagnosis{what, look}
	}
	return &Diagnosis{what, "there is " + strings.ReplaceAll(strings.Join(f.health.Similar, ", "), hookFunction, "")}
}
