package workshop

import (
	"bytes"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/vms/wire"
)

var (
	atInsn      = regexp.MustCompile(`\binsn (\d+)`)
	instruction = regexp.MustCompile(`(?m)^(\d+): \([0-9a-f]{2}\) `)
	mapName     = regexp.MustCompile(`map (\w+)`)
)

// complaint returns the verifier's own words against a program.
func complaint(p wire.Program) string { return probe.Complaint(p.Log) }

// failedAt returns the place in the C file of the instruction that the verifier
// refused, from the object's line information, or 0 if it is unknown.
func failedAt(spec *ebpf.CollectionSpec, p wire.Program, file string) (line, column int) {
	if spec == nil || spec.Programs[p.Name] == nil {
		return 0, 0
	}
	number := failedInstruction(p.Log)
	if number < 0 {
		return 0, 0
	}
	iter := spec.Programs[p.Name].Instructions.Iterate()
	for iter.Next() && iter.Offset <= asm.RawInstructionOffset(number) {
		at, ok := iter.Ins.Source().(*btf.Line)
		if ok && path.Base(at.FileName()) == file {
			line, column = int(at.LineNumber()), int(at.LineColumn())
		}
	}
	return line, column
}

// failedInstruction returns the number of the instruction that a log mentions last, or
// -1.
func failedInstruction(log string) int {
	said := probe.Complaint(log)
	if m := atInsn.FindStringSubmatch(said); m != nil {
		n, _ := strconv.Atoi(m[1])
		return n
	}
	all := instruction.FindAllStringSubmatch(probe.Terse(log), -1)
	if len(all) == 0 {
		return -1
	}
	n, _ := strconv.Atoi(all[len(all)-1][1])
	return n
}

// lineOf returns the number of the first line of the code that contains the text, or 0.
func lineOf(code []byte, text string) int {
	before, _, found := strings.Cut(string(code), text)
	if !found {
		return 0
	}
	return 1 + strings.Count(before, "\n")
}

// definedAt returns the line of a program's definition, "int NAME(" or "int
// BPF_PROG(NAME,", or 0.
func definedAt(code []byte, program string) int {
	definition := regexp.MustCompile(`(?m)^\w[\w \t*]*[ \t*](?:BPF_\w+\(\s*)?` + regexp.QuoteMeta(program) + `\s*[(,)]`)
	at := definition.FindIndex(code)
	if at == nil {
		return 0
	}
	return 1 + bytes.Count(code[:at[0]], []byte("\n"))
}

// sectionAt returns the line of the SEC above a program's definition, or that of the
// definition if there is none.
func sectionAt(code []byte, program string) int {
	defined := definedAt(code, program)
	lines := bytes.Split(code, []byte("\n"))
	for at := defined; at > 0 && at > defined-3; at-- {
		if bytes.Contains(lines[at-1], []byte("SEC(")) {
			return at
		}
	}
	return defined
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return s
}

// place returns the position of a problem as compilers write it, such as
// "hello.bpf.c:12".
func (p Problem) place() string {
	if p.Line == 0 {
		return p.File
	}
	return p.File + ":" + strconv.Itoa(p.Line)
}
