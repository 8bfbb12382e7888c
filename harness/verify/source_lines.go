package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflab/bpflab/harness/verifierlog"
)

// sourceLines says of each instruction of a program, in the order in which the kernel is given
// them, of which function and line it is. They are those of the object's BTF (.BTF.ext), which
// cilium/ebpf keeps with the instructions: so kernels without BTF have them too. No step of a
// load moves an instruction; what the verifier itself rewrites, it does when it is done.
type sourceLines struct {
	program   *ebpf.ProgramSpec
	at        []insnPlace
	functions []FunctionCount
	lines     []LineCount
}

// insnPlace is an instruction's function and line, as indices.
type insnPlace struct{ function, line int32 }

// lineKey is what makes two lines one.
type lineKey struct {
	file string
	line int
}

// sourceOf reads a program's lines. Instructions that take two places have the second one too.
func sourceOf(program *ebpf.ProgramSpec) *sourceLines {
	s := &sourceLines{program: program}
	if program == nil {
		return s
	}
	known := map[lineKey]int32{}
	now := insnPlace{function: -1, line: -1}
	for i := range program.Instructions {
		ins := &program.Instructions[i]
		if name := ins.Symbol(); name != "" && (i == 0 || btf.FuncMetadata(ins) != nil || isFunction(program, name)) || i == 0 {
			now = insnPlace{s.addFunction(cmp.Or(name, program.Name)), s.addLine(known, LineCount{})}
		}
		if line, ok := ins.Source().(*btf.Line); ok && line != nil {
			now.line = s.addLine(known, LineCount{File: line.FileName(), Line: int(line.LineNumber()), Text: strings.TrimSpace(line.Line())})
		}
		s.functions[now.function].Size++
		s.lines[now.line].Size++
		for range ins.Width() {
			s.at = append(s.at, now)
		}
	}
	return s
}

// isFunction reports whether the program calls or refers to a name, in an object without BTF.
func isFunction(program *ebpf.ProgramSpec, name string) bool {
	return slices.ContainsFunc(program.Instructions, func(ins asm.Instruction) bool {
		return ins.Reference() == name && (ins.IsFunctionCall() || ins.IsFunctionReference())
	})
}

func (s *sourceLines) addFunction(name string) int32 {
	s.functions = append(s.functions, FunctionCount{Name: name})
	return int32(len(s.functions) - 1)
}

func (s *sourceLines) addLine(known map[lineKey]int32, l LineCount) int32 {
	key := lineKey{l.File, l.Line}
	at, ok := known[key]
	if !ok {
		at = int32(len(s.lines))
		known[key], s.lines = at, append(s.lines, l)
	}
	return at
}

// blank returns the lines of a program of which only the number of instructions is known.
func (s *sourceLines) blank(insns int) *sourceLines {
	name := ""
	if s.program != nil {
		name = s.program.Name
	}
	return &sourceLines{at: make([]insnPlace, insns), functions: []FunctionCount{{Name: name, Size: insns}}, lines: []LineCount{{Size: insns}}}
}

// count adds how often each instruction was processed.
func (s *sourceLines) count(insns []int) {
	for i, n := range insns {
		s.functions[s.at[i].function].Insns += n
		s.lines[s.at[i].line].Insns += n
	}
}

// topLines returns the lines with the most instructions, in the order of the source, and what
// the others have. A line that has instructions, and of which none was processed, is listed too.
func (s *sourceLines) topLines() (lines []LineCount, rest int) {
	lines, rest = top(s.lines, mostLines, func(l LineCount) int { return l.Insns })
	lines = slices.DeleteFunc(lines, func(l LineCount) bool { return l.Size == 0 })
	slices.SortFunc(lines, func(a, b LineCount) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return lines, rest
}

// topInsns returns the instructions that were processed most often.
func (s *sourceLines) topInsns(insns []int) ([]InsnCount, int) {
	var all []InsnCount
	for i, n := range insns {
		if n > 0 {
			all = append(all, InsnCount{Index: i, Insns: n})
		}
	}
	out, rest := top(all, mostInsns, func(i InsnCount) int { return i.Insns })
	texts := s.texts(out)
	for i := range out {
		out[i].Text, out[i].Line = texts[out[i].Index], s.lines[s.at[out[i].Index].line].where()
	}
	return out, rest
}

// texts returns instructions by their indices.
func (s *sourceLines) texts(of []InsnCount) map[int]string {
	out := map[int]string{}
	if s.program == nil {
		return out
	}
	for _, i := range of {
		out[i.Index] = ""
	}
	index := 0
	for _, ins := range s.program.Instructions {
		if _, ok := out[index]; ok {
			out[index] = fmt.Sprint(ins)
		}
		index += int(ins.Width())
	}
	return out
}

// chains names the functions of chains of calls. Chains that differ by their instructions alone
// become one.
func (s *sourceLines) chains(all []verifierlog.Chain) ([]ChainCount, int) {
	byName := map[string]int{}
	var out []ChainCount
	for _, c := range all {
		var names []string
		for _, entry := range c.Entries {
			names = append(names, s.function(entry))
		}
		key := strings.Join(names, "\x00")
		at, ok := byName[key]
		if !ok {
			at = len(out)
			byName[key], out = at, append(out, ChainCount{Functions: names})
		}
		out[at].Insns += c.Insns
	}
	out, rest := top(out, mostChains, func(c ChainCount) int { return c.Insns })
	slices.SortFunc(out, func(a, b ChainCount) int { return slices.Compare(a.Functions, b.Functions) })
	return out, rest
}

// function returns the name of the function that an instruction is in.
func (s *sourceLines) function(insn int) string {
	if insn < 0 || insn >= len(s.at) {
		return "?"
	}
	return s.functions[s.at[insn].function].Name
}

// top returns the elements with the highest counts, the highest first, and the sum of the
// others' counts.
func top[T any](all []T, most int, count func(T) int) (out []T, rest int) {
	out = slices.SortedStableFunc(slices.Values(all), func(a, b T) int { return cmp.Compare(count(b), count(a)) })
	for _, one := range out[min(most, len(out)):] {
		rest += count(one)
	}
	return slices.Clip(out[:min(most, len(out))]), rest
}
