package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/harness/upstream"
	"github.com/bpflab/bpflab/vms/wire"
)

const ownMap = "keep them in an array map of your own"

// loaderRules are about what fails before the kernel looks at the program: sections, maps,
// rights and memory.
var loaderRules = []rule{
	{code: "map_type", stage: "map", errno: "EINVAL", when: newerMap, text: mapTooNew, fix: "choose another type where the kernel is older, or set max_entries"},
	{code: "section", stage: wire.StageSection, when: likeSection, text: sectionMeant, fix: "is it mistyped?"},
	{code: "section", stage: wire.StageSection, text: message, fix: "name it as libbpf does, SEC(\"xdp\") or SEC(\"kprobe/do_exit\"), or, if it is a function only, leave SEC out"},
	{code: "memory", errno: "ENOMEM", text: fixed("the kernel has not enough memory for it"), fix: "make its maps smaller"},
	{code: "privilege", errno: "EPERM", text: fixed("the kernel does not permit it"), fix: "load it as root, and before 5.11 lift the limit on locked memory"},
	{code: "global_data", says: says(`read- and write-only maps not supported`), text: noGlobals, fix: ownMap},
	{code: "global_data", says: says(`unrecognized bpf_ld_imm64 insn`), when: loadsGlobals, text: noGlobals, fix: ownMap},
	{code: "map", stage: "map", says: says(`(\S+): map create: .*MaxEntries may be incorrectly set to zero`), text: func(f *failure) string {
		return "map " + f.match[1] + " has no max_entries, which the program's own loader sets"
	}, fix: "give it a number in the source: __uint(max_entries, N)"},
	{code: "map", stage: "map", errno: "EINVAL", when: wrongMap, text: mapIsWrong, fixes: mapFix},
	{code: "map", stage: "map", text: message, fix: "look at the map's type, sizes and flags"},
	{code: "program_type", stage: "relocate", when: newerProgram, text: programTooNew, fix: "this kernel has no programs of this type: choose another at load time"},
	{code: "ksym", stage: "relocate", says: says(`kernel is missing symbol: (\S+)`), text: func(f *failure) string {
		return "this kernel has no symbol " + f.match[1]
	}, fix: "declare it with __ksym __weak and test its address before it is used"},
	{code: "struct_ops", stage: "relocate", says: says(`lookup struct_ops kern type "(\w+)": .*not found`), text: func(f *failure) string {
		return "this kernel has no struct_ops of type " + f.match[1]
	}, fix: "load the module that has it, or leave it out for this kernel"},
	{code: "unlinked", says: says(`symbol "(\w+)": unsatisfied program reference|BTF for extern '(\w+)'`), text: func(f *failure) string {
		return "function " + f.match[1] + f.match[2] + " is declared in this object and is in another one"
	}, fix: "link the objects: `bpftool gen object linked.o this.o other.o`; a function of the kernel is declared with __ksym"},
}

// loadsGlobals reports whether the instruction that the kernel does not know loads the
// address of a global variable.
func loadsGlobals(f *failure) bool { return beforeGlobals(f) && !f.program.callback }

// licences are what license_is_gpl_compatible of include/linux/license.h takes.
var licences = []string{"GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"}

// licence names the licence that the object states.
func licence(f *failure) string {
	if f.program.licence == "" {
		return matched(f) + ": the object states no licence"
	}
	return fmt.Sprintf("%s: the object's licence is %q", matched(f), f.program.licence)
}

func licenceFix(f *failure) string {
	fix := `char LICENSE[] SEC("license") = "GPL"; "Dual BSD/GPL" and "Dual MIT/GPL" count too`
	if stated := f.program.licence; strings.Contains(stated, "GPL") && !slices.Contains(licences, stated) {
		return fmt.Sprintf("kernels do not count %q as GPL, for they know no SPDX names: write %s", stated, fix)
	}
	return fix
}

func newerProgram(f *failure) bool {
	return upstream.IsNewer(upstream.ProgramType, f.Type, f.version)
}

func programTooNew(f *failure) string {
	since, _ := upstream.Since(upstream.ProgramType, f.Type)
	return fmt.Sprintf("it is of type %s, which Linux has from %s on", f.Type, since)
}
