package workshop

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflab/bpflab/vms/wire"
)

// missingField adds the field that a CO-RE relocation did not find, and the line that
// reads it, to a problem. It leaves alone what it cannot determine.
func missingField(out *Problem, code []byte, spec *ebpf.CollectionSpec, p wire.Program) {
	in, field := unrelocated(spec, p)
	if field == "" {
		return
	}
	out.Explanation = "this kernel's struct " + in + " has no field " + field + " of that type"
	out.Fix = "is the name right? If other kernels have the field, test for it first with bpf_core_field_exists()"
	last := field[strings.LastIndex(field, ".")+1:]
	if line := readNear(code, last, out.Line); line > 0 {
		out.Line, out.Column = line, 0
	}
}

// unrelocated returns the field that the last instruction of a log was to be relocated
// for, and the struct that has it, by its name in the kernel.
func unrelocated(spec *ebpf.CollectionSpec, p wire.Program) (in, field string) {
	if spec == nil || spec.Types == nil || spec.Programs[p.Name] == nil {
		return "", ""
	}
	number := failedInstruction(p.Log)
	iter := spec.Programs[p.Name].Instructions.Iterate()
	for number >= 0 && iter.Next() && iter.Offset <= asm.RawInstructionOffset(number) {
		relocation := btf.CORERelocationMetadata(iter.Ins)
		if relocation != nil && iter.Offset == asm.RawInstructionOffset(number) {
			return accessed(spec.Types, relocation.String())
		}
	}
	return "", ""
}

// relocationText matches a relocation as cilium/ebpf prints it:
//
//	CORERelocation(byte_off, Struct:"task_struct"[0:1], local_id=7)
var relocationText = regexp.MustCompile(`Struct:"(\w+)"\[([\d:]+)\]`)

// accessed resolves the numbers of a relocation to a struct and a field: the first
// number is an index of the whole struct, each further one that of a member.
func accessed(types *btf.Spec, relocation string) (in, field string) {
	m := relocationText.FindStringSubmatch(relocation)
	var at btf.Type
	if m != nil {
		found, _ := types.AnyTypesByName(m[1])
		for _, t := range found {
			if s, ok := t.(*btf.Struct); ok {
				at = s
			}
		}
	}
	if at == nil {
		return "", ""
	}
	_, path, _ := strings.Cut(m[2], ":")
	var names []string
	for _, digits := range strings.Split(path, ":") {
		s, ok := btf.UnderlyingType(at).(*btf.Struct)
		i, err := strconv.Atoi(digits)
		if !ok || err != nil || i >= len(s.Members) {
			break // an element of an array, or a type without fields
		}
		names, at = append(names, s.Members[i].Name), s.Members[i].Type
	}
	in, _, _ = strings.Cut(m[1], "___")
	return in, strings.Join(names, ".")
}

// readNear returns the line nearest to another that reads a field, by an arrow or as an
// argument of BPF_CORE_READ, or 0.
func readNear(code []byte, field string, to int) int {
	reads := regexp.MustCompile(`(?:->|,)\s*` + regexp.QuoteMeta(field) + `\b`)
	nearest := 0
	for i, line := range strings.Split(string(code), "\n") {
		if reads.MatchString(line) && (nearest == 0 || distance(i+1, to) < distance(nearest, to)) {
			nearest = i + 1
		}
	}
	return nearest
}

func distance(a, b int) int { return max(a-b, b-a) }
