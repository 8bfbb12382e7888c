package verify

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/harness/libbpf"
	"github.com/bpflab/bpflab/vms/wire"
)

// libbpfRule names a cause by what libbpf said, or by what it put into the kernel's log in
// place of an instruction. The texts are libbpf's (src/libbpf.c).
type libbpfRule struct {
	says    *expression
	verdict string
	code    string
	text    string // with what the expression found for %s; "" is libbpf's own line
	fix     string
	explain func(section, found string) (text, fix string) // in place of text and fix
}

// libbpfRules are tried in this order. What the running kernel lacks is a rejection also
// where libbpf noticed it before it asked the kernel; all else is the loader's.
var libbpfRules = []libbpfRule{
	{says: says(`prog '[^']*': missing BPF prog type, check ELF section name '([^']*)'`), verdict: ByLoader, code: "section",
		text: "this libbpf knows no type of program for section %q"}, // its remedy: sectionFix
	{says: says(`extern \(func ksym\) '([^']*)': not found in kernel or module BTFs`), verdict: Rejected, code: "kfunc", explain: missingKfunc},
	{says: says(`kfunc '([^']*)' is referenced but wasn't resolved`), verdict: Rejected, code: "kfunc", explain: missingKfunc},
	{says: says(`extern '(CONFIG_[^']*)' \(strong\): not resolved`), verdict: Rejected, code: "kconfig",
		text: "this kernel's configuration has no %s", fix: "declare it __weak: then it is 0 where the kernel has none"},
	{says: says(`extern '([^']*)' \(strong\): not resolved`), verdict: Rejected, code: "ksym",
		text: "this kernel has no symbol %s", fix: "declare it __weak, and compare its address with NULL"},
	{says: says(`extern \(var ksym\) '([^']*)': not found in kernel`), verdict: Rejected, code: "ksym",
		text: "this kernel has no variable %s in its BTF", fix: "declare it __weak, and compare its address with NULL"},
	{says: says(`failed to find kernel BTF type ID of '([^']*)'`), verdict: Rejected, code: "attach_target", explain: missingTarget},
	{says: says(`struct_ops init_kern: struct (\S+) is not found in kernel BTF`), verdict: Rejected, code: "struct_ops",
		text: "this kernel has no struct_ops of type %s", fix: "this kernel cannot have it replaced by programs"},
	{says: says(`(?:failed to find valid kernel BTF|Error loading vmlinux BTF|kernel BTF is missing)`), verdict: Rejected, code: "btf",
		fix: "this kernel was built without BTF (CONFIG_DEBUG_INFO_BTF): use no CO-RE, fentry or LSM there, or give the kernel's types with --btf"},
	{says: says(`extern \(func ksym\) '([^']*)': func_proto \[\d+\] incompatible with kernel`), verdict: Rejected, code: "kfunc",
		text: "kernel function %s has other arguments in this kernel than the object declares", fix: "declare it as the kernel's BTF has it: bpftool btf dump file /sys/kernel/btf/vmlinux format c"},
	{says: says(`extern \(var ksym\) '([^']*)': incompatible types`), verdict: Rejected, code: "ksym",
		text: "variable %s is of another type in this kernel than the object declares", fix: "declare it as the kernel's BTF has it: bpftool btf dump file /sys/kernel/btf/vmlinux format c"},
	{says: says(`legacy map definitions in 'maps' section`), verdict: ByLoader, code: "section",
		text: "its maps are of the old kind (struct bpf_map_def in section \"maps\"), which libbpf takes no more from 1.0 on", fix: "define them with __uint and __type in SEC(\".maps\")"},
	{says: says(`program '([^']*)' is static and not supported`), verdict: ByLoader, code: "section",
		text: "%s is static and in a section of its own: libbpf loads global functions only", fix: "remove static if it is a program, or SEC() if it is a function that programs call"},
	{says: says(`failed to find BTF for extern '([^']*)'`), verdict: ByLoader, code: "unlinked",
		text: "function or variable %s is in another object", fix: "link the objects: bpftool gen object all.o one.o other.o"},
	{says: says(`failed to resolve CO-RE relocation <\w+> \[\d+\] (?:(?:struct|union|enum|typedef) )?(\S+)`), verdict: Rejected, code: "co_re", explain: missingType},
	{says: says(`BPF map '([^']*\.[^']*)' is referenced but wasn't created`), verdict: Rejected, code: "global_data",
		text: "libbpf did not create map %s: the kernel has no global variables and constants, which Linux has from 5.2 on", fix: "keep them in an array map of your own"},
	{says: says(`attr 'map_extra': expected PTR`), verdict: ByLoader, code: "arena",
		text: "this libbpf reads no 64-bit number (__ulong) in a map, as arenas have for map_extra", fix: "build bpflab with libbpf 1.4 or newer"},
	{says: says(`arena's user address must be set`), verdict: ByLoader, code: "arena",
		text: "this libbpf does not map arenas", fix: "build bpflab with libbpf 1.4 or newer"},
}

// missingType returns the text and the remedy of a relocation that found nothing: libbpf writes
// enum::ENUMERATOR, struct.field, or the name of the type alone.
func missingType(_, found string) (text, fix string) {
	guard := "bpf_core_type_exists"
	switch {
	case strings.Contains(found, "::"):
		guard = "bpf_core_enum_value_exists"
	case strings.Contains(found, "."):
		guard = "bpf_core_field_exists"
	}
	return found + " is not in this kernel: its CO-RE relocation found no such type, or nothing of that name in it", "guard it with " + guard + "()"
}

// refusal returns the stage, the verdict and the reason of a program that is not loaded. What
// the kernel rejected has neither verdict nor code yet, unless the cause is known here.
func refusal(a libbpf.Answer) (stage, verdict string, reason *Reason) {
	stage = map[string]string{libbpf.StageOpen: stageOpen, libbpf.StageMap: wire.StageMap, libbpf.StagePrepare: wire.StageRelocate}[a.Stage]
	stage = cmp.Or(stage, wire.StageLoad)
	if verdict, reason := libbpfCause(a); reason != nil {
		return stage, verdict, reason
	}
	said := telling(a)
	switch a.Stage {
	case libbpf.StageLoad:
		return stage, "", &Reason{Text: said}
	case libbpf.StageMap:
		return stage, "", &Reason{Text: fmt.Sprintf("map %s (%s): %s", a.Map, ebpf.MapType(a.MapType), said)}
	}
	return stage, ByLoader, &Reason{Code: "loader", Text: fmt.Sprintf("libbpf %s: %s", a.Version, said), Fix: "this is libbpf's own limit, and no kernel was asked"}
}

// stageOpen is where libbpf does not read an object.
const stageOpen = "open"

// libbpfCause applies libbpf's rules.
func libbpfCause(a libbpf.Answer) (string, *Reason) {
	if reason := unreadStructOps(a); reason != nil {
		return ByLoader, reason
	}
	text := a.Messages
	if a.Seen {
		if reason := missingFeature(a); reason != nil {
			reason.Line = place(a.Log)
			return Rejected, reason
		}
		text = complaint(a.Log)
	}
	for _, rule := range libbpfRules {
		match := rule.says.compiled().FindStringSubmatch(text)
		if match == nil {
			continue
		}
		reason := &Reason{Code: rule.code, Text: match[0], Fix: rule.fix}
		switch {
		case rule.explain != nil:
			reason.Text, reason.Fix = rule.explain(a.Section, match[1])
		case strings.Contains(rule.text, "%"):
			reason.Text = fmt.Sprintf(rule.text, match[1])
		case rule.text != "":
			reason.Text = rule.text
		}
		if rule.code == "section" && rule.fix == "" {
			reason.Fix = sectionFix(match[1], a.Version)
		}
		if a.Seen {
			reason.Line = place(a.Log)
		}
		return rule.verdict, reason
	}
	return "", nil
}

var skippedStructOps = regexp.MustCompile(`skipping unrecognized data section\(\d+\) \.struct_ops\.link`)

// unreadStructOps returns the reason of a program of struct_ops whose map libbpf did not read, nil
// for all others: libbpf loads such a program for no type of operations, on any kernel.
func unreadStructOps(a libbpf.Answer) *Reason {
	if !strings.HasPrefix(a.Section, "struct_ops") || !skippedStructOps.MatchString(a.Messages) {
		return nil
	}
	return &Reason{Code: "struct_ops", Text: "libbpf " + a.Version + " does not read section .struct_ops.link, which libbpf knows from 1.2 on",
		Fix: "build bpflab with libbpf 1.2 or newer, or name the section .struct_ops"}
}

var (
	weakExtern = regexp.MustCompile(`extern '([^']*)' \(weak\): not resolved`)
	callOfNone = regexp.MustCompile(`\(85\) call (?:bpf_unspec|unknown)?#0\n`) // libbpf's rest of an unresolved function
)

// missingFeature returns the reason of a rejection that the kernel's log does not name: the
// program calls a weak kernel function that the kernel does not have.
func missingFeature(a libbpf.Answer) *Reason {
	var weak []string
	for _, match := range weakExtern.FindAllStringSubmatch(a.Messages, -1) {
		if !strings.HasPrefix(match[1], "CONFIG_") {
			weak = append(weak, match[1])
		}
	}
	if len(weak) == 0 || !callOfNone.MatchString(a.Log) {
		return nil
	}
	return &Reason{Code: "kfunc", Text: "it calls a kernel function that is neither in this kernel nor in a module that is loaded, of these: " + strings.Join(weak, ", "),
		Fix: "call it behind bpf_ksym_exists(), or load the kernel module that has it"}
}

// consequence are messages that follow from one before them.
var consequence = regexp.MustCompile(`failed to load object|skipping unrecognized data section|BTF loading error|Error loading \.BTF into kernel|failed to load: |Retrying without BTF|failed to prepare load attributes|permission error while running as root|\(weak\): not resolved`)

// telling returns the first of libbpf's messages that says why.
func telling(a libbpf.Answer) string {
	for _, line := range a.Said() {
		if !consequence.MatchString(line) {
			return line
		}
	}
	return cmp.Or(strings.Join(a.Said(), "; "), a.Errno)
}

// place returns the line of C where the verifier gave up, and the instruction.
func place(log string) string {
	line, insn := source(log)
	return strings.Trim(line+" | "+insn, " |")
}
