package verify

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
)

// need is what one instruction needs of the kernel's types: a kernel function, or what
// CO-RE relocates. The loader replaces the instruction if the kernel has no such thing,
// and the verifier's log then names neither.
type need struct {
	at    int    // the instruction's number in a verifier's log
	what  string // "kernel function", "field", "type", "enumerator"
	name  string
	guard string // the macro that reports whether the kernel has it
	line  string // of C
}

// needsOf lists a program's needs.
func needsOf(spec *ebpf.CollectionSpec, p *ebpf.ProgramSpec) []need {
	var all []need
	open := 0 // those before have their line
	for it := p.Instructions.Iterate(); it.Next(); {
		if n, ok := needOf(spec, it.Ins); ok {
			n.at = int(it.Offset)
			all = append(all, n)
		}
		if source := it.Ins.Source(); source != nil {
			for ; open < len(all); open++ {
				all[open].line = strings.TrimSpace(source.String())
			}
		}
	}
	return all
}

// givesCallback reports whether a program loads the address of a function.
func givesCallback(p *ebpf.ProgramSpec) bool {
	for i := range p.Instructions {
		if p.Instructions[i].IsLoadOfFunctionPointer() {
			return true
		}
	}
	return false
}

func needOf(spec *ebpf.CollectionSpec, ins *asm.Instruction) (need, bool) {
	if ins.IsKfuncCall() {
		name := ins.Reference()
		return need{what: "kernel function", name: name, guard: "bpf_ksym_exists(" + name + ")"}, true
	}
	relocation := btf.CORERelocationMetadata(ins)
	if relocation == nil {
		return need{}, false
	}
	return relocated(spec.Types, relocation.String()), true
}

// relocation is a CO-RE relocation as cilium/ebpf prints it.
var relocation = regexp.MustCompile(`\((\w+), .*"(.*)"\[([\d:]*)\], local_id=(\d+)\)`)

// relocated returns the need of a CO-RE relocation.
func relocated(types *btf.Spec, text string) need {
	m := relocation.FindStringSubmatch(text)
	if m == nil {
		return need{what: "type or field", name: text, guard: "bpf_core_field_exists()"}
	}
	kind, name := m[1], flavourless(m[2])
	switch {
	case strings.HasPrefix(kind, "type"):
		return need{what: "type", name: name, guard: "bpf_core_type_exists()"}
	case strings.HasPrefix(kind, "enum"):
		return need{what: "enumerator", name: name + "." + path(types, m[4], m[3]), guard: "bpf_core_enum_value_exists()"}
	}
	if field := path(types, m[4], m[3]); field != "" {
		return need{what: "field", name: name + "." + field, guard: "bpf_core_field_exists()"}
	}
	return need{what: "type", name: name, guard: "bpf_core_type_exists()"}
}

// flavourless returns a type's name as the kernel has it: what follows three underscores
// is the object's own.
func flavourless(name string) string {
	name, _, _ = strings.Cut(name, "___")
	return name
}

// path returns the names of the members that an accessor such as "0:3:1" goes to.
func path(types *btf.Spec, id, accessor string) string {
	number, _ := strconv.Atoi(id)
	t, err := types.TypeByID(btf.TypeID(number))
	if err != nil {
		return accessor
	}
	var names []string
	for i, step := range strings.Split(accessor, ":") {
		n, _ := strconv.Atoi(step)
		switch at := btf.UnderlyingType(t).(type) {
		case *btf.Enum:
			if n < len(at.Values) {
				names = append(names, at.Values[n].Name)
			}
			continue
		case *btf.Array:
			if i > 0 {
				names, t = append(names, fmt.Sprintf("[%d]", n)), at.Type
			}
			continue
		}
		if members := membersOf(t); i > 0 && n < len(members) {
			names, t = append(names, members[n].Name), members[n].Type
		}
	}
	return strings.ReplaceAll(strings.Join(names, "."), ".[", "[")
}

func membersOf(t btf.Type) []btf.Member {
	switch t := btf.UnderlyingType(t).(type) {
	case *btf.Struct:
		return t.Members
	case *btf.Union:
		return t.Members
	}
	return nil
}

// needAt returns what the last instruction of the log needs.
func (f *failure) needAt() (need, bool) {
	last := lastInstruction(f.log)
	for _, n := range f.program.needs {
		if n.at == last {
			return n, true
		}
	}
	return need{}, false
}
