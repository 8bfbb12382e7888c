package verifierlog

import (
	"bytes"
	"cmp"
	"slices"
)

// none stands for an instruction, a depth or a node that is not known.
const none = -1

const (
	mostNodes = 1 << 16 // chains of calls, by their call sites
	mostOpen  = 1 << 18 // branches that may be open
)

// Opcodes that decide where a path goes on (include/uapi/linux/bpf.h).
const (
	opCall  = 0x85
	opExit  = 0x95
	opJump  = 0x05
	opJump2 = 0x06 // gotol
)

// paths follows in which chain of calls the verifier is. At a branch it goes on with one side
// and puts off the other (push_stack of kernel/bpf/verifier.c); when a path ends, it takes up
// the side that it has put off last (pop_stack). The log shows the second and not the first, so
// every jump is remembered as one at which a side may have been put off.
type paths struct {
	nodes    []node
	children map[child]int32
	now      int32 // the node, none before the first instruction
	last     int   // the last instruction
	site     int   // where the function was called that has returned
	calling  bool  // the next instruction is the first of a function that is called
	leaving  bool  // after an exit: of the program, unless the log says that a function returns
	ended    bool  // the path has ended
	open     []branch
	unplaced int
	lost     bool // the chain of this path is not known
}

// node is a function in a chain of calls.
type node struct {
	child
	depth int
	insns int
}

// child is a call of one function in another.
type child struct {
	parent, site, entry int32
}

// branch is an instruction at which a side of a branch, or a callback, may have been put off.
type branch struct {
	at, target int32 // target is where a jump goes to, none for a call
	node       int32
}

// begin begins with another function that is verified by itself, or with the program.
func (p *paths) begin() {
	p.now, p.open = none, p.open[:0]
	p.calling, p.leaving, p.ended, p.lost = false, false, false, false
}

// call begins a call; the next instruction is the function's first.
func (p *paths) call() { p.calling = true }

// leave returns from a function.
func (p *paths) leave() {
	p.leaving, p.site = false, none
	if len(p.nodes) == 0 || p.now == none {
		return
	}
	p.site, p.now = int(p.nodes[p.now].site), p.nodes[p.now].parent
	p.lost = p.lost || p.now == none
}

// arrive checks that a function has returned to where it was called: behind the call, or to
// the call itself, of which a callback may run once more.
func (p *paths) arrive(at int) {
	if p.site != none && at != p.site && at != p.site+1 {
		p.lost, p.now = true, none
	}
}

// end ends a path.
func (p *paths) end() { p.ended, p.leaving = true, false }

// visit counts an instruction for the chain of calls that it is in.
func (p *paths) visit(index int) {
	p.resume(none, index, none)
	switch {
	case len(p.nodes) == 0 || p.now == none:
		p.now = p.enter(none, none, index)
	case p.calling:
		p.now = p.enter(p.now, p.last, index)
	}
	p.calling, p.last = false, index
	p.nodes[p.now].insns++
	if p.lost {
		p.unplaced++
	}
}

// step takes note of where a path may go on after an instruction.
func (p *paths) step(index int, op byte, text []byte) {
	switch {
	case op == opExit:
		p.leaving = true
	case op == opCall:
		if !bytes.Contains(text, []byte("call pc")) {
			p.putOff(branch{int32(index), none, p.now})
		}
	case op != opJump && op != opJump2:
		if target, ok := jump(index, text); ok {
			p.putOff(branch{int32(index), int32(target), p.now})
		}
	}
}

func (p *paths) putOff(b branch) {
	if len(p.open) == mostOpen {
		p.open = append(p.open[:0], p.open[mostOpen/2:]...)
	}
	p.open = append(p.open, b)
}

// jump reads where "if r1 > r2 goto pc+3" goes to.
func jump(index int, text []byte) (target int, ok bool) {
	_, rest, ok := bytes.Cut(text, []byte(" goto pc"))
	if !ok || len(rest) < 2 {
		return 0, false
	}
	n, _, ok := number(rest[1:])
	if rest[0] == '-' {
		n = -n
	}
	return index + 1 + n, ok
}

// resume takes up what was put off last for an instruction, if the path before has ended. from
// is the branch, and depth that of its frame; each may be none.
func (p *paths) resume(from, to, depth int) {
	if p.leaving {
		p.end()
	}
	if !p.ended {
		return
	}
	p.ended, p.calling = false, false
	for i := len(p.open) - 1; i >= 0; i-- {
		b := p.open[i]
		if from != none && b.at != int32(from) {
			continue
		}
		if now, ok := p.side(b, to, depth, from != none); ok {
			p.now, p.open, p.lost = now, p.open[:i], false
			return
		}
	}
	p.lost, p.now = true, none
}

// side returns the chain of calls at one side of a branch, and whether the side can be the one
// that begins with an instruction. Only in a log that names the branch is a callback apart from what
// was put off before.
func (p *paths) side(b branch, to, depth int, named bool) (now int32, ok bool) {
	own := p.nodes[b.node].depth
	if fits := depth == none || depth == own; fits && (to == int(b.at)+1 || to == int(b.target)) {
		return b.node, true
	}
	if b.target != none || !named {
		return 0, false
	}
	switch depth { // of a callback
	case own + 1, none:
		return p.enter(b.node, int(b.at), to), true
	case 0:
		return p.enter(none, none, to), true // it runs later, by itself
	}
	return 0, false
}

// enter returns the node of a function that is called, and of one that is not if parent is none.
func (p *paths) enter(parent int32, site, entry int) int32 {
	key := child{parent, int32(site), int32(entry)}
	if at, ok := p.children[key]; ok {
		return at
	}
	if len(p.nodes) == mostNodes {
		return max(parent, 0)
	}
	depth := 0
	if parent != none {
		depth = p.nodes[parent].depth + 1
	}
	if p.children == nil {
		p.children = map[child]int32{}
	}
	at := int32(len(p.nodes))
	p.nodes, p.children[key] = append(p.nodes, node{child: key, depth: depth}), at
	return at
}

// chains returns the chains of calls that have instructions, those of several call sites in one,
// the outermost function first.
func (p *paths) chains() (out []Chain) {
	merged := map[string]int{}
	for i := range p.nodes {
		if p.nodes[i].insns == 0 {
			continue
		}
		entries := p.entries(int32(i))
		key := keyOf(entries)
		at, ok := merged[key]
		if !ok {
			at = len(out)
			merged[key], out = at, append(out, Chain{Entries: entries})
		}
		out[at].Insns += p.nodes[i].insns
	}
	slices.SortFunc(out, func(a, b Chain) int { return slices.Compare(a.Entries, b.Entries) })
	return out
}

// entries returns the first instructions of a chain's functions.
func (p *paths) entries(at int32) []int {
	var out []int
	for ; at != none; at = p.nodes[at].parent {
		out = append(out, int(p.nodes[at].entry))
	}
	slices.Reverse(out)
	return out
}

func keyOf(entries []int) string {
	var key []byte
	for _, e := range entries {
		key = append(key, byte(e), byte(e>>8), byte(e>>16), byte(e>>24))
	}
	return string(key)
}

// Heaviest orders chains by their instructions, the most first.
func Heaviest(a, b Chain) int {
	return cmp.Or(cmp.Compare(b.Insns, a.Insns), slices.Compare(a.Entries, b.Entries))
}
