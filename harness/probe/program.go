package probe

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The instruction encoding of Linux's include/uapi/linux/bpf.h: 8 bytes of
// opcode, two registers, a 16-bit offset and a 32-bit immediate.
const (
	opMovImm    = 0xb7 // BPF_ALU64 | BPF_MOV | BPF_K
	opMovReg    = 0xbf // BPF_ALU64 | BPF_MOV | BPF_X
	opAddImm    = 0x07 // BPF_ALU64 | BPF_ADD | BPF_K
	opJumpEqI   = 0x15 // BPF_JMP | BPF_JEQ | BPF_K
	opJumpSetI  = 0x45 // BPF_JMP | BPF_JSET | BPF_K
	opJumpLtI   = 0xa5 // BPF_JMP | BPF_JLT | BPF_K
	opLoadWord  = 0x61 // BPF_LDX | BPF_MEM | BPF_W
	opLoadImm64 = 0x18 // BPF_LD | BPF_IMM | BPF_DW, of two instructions
	opStoreWord = 0x63 // BPF_STX | BPF_MEM | BPF_W
	opStoreImm  = 0x7a // BPF_ST | BPF_MEM | BPF_DW
	opStoreByte = 0x72 // BPF_ST | BPF_MEM | BPF_B
	opCall      = 0x85 // BPF_JMP | BPF_CALL
	opExit      = 0x95 // BPF_JMP | BPF_EXIT

	r0 = 0
	r1 = 1
	r2 = 2
	r3 = 3
	r6 = 6
	r7 = 7
	fp = 10 // the frame pointer

	pseudoCall  = 1 // source register of a call to a function of the program
	pseudoMapFD = 1 // source register of a load of a map
)

const insnSize = 8

// bigEndian reports whether this machine stores the most significant byte first, and the
// destination register of an instruction in the upper half of its byte.
var bigEndian = binary.NativeEndian.Uint16([]byte{0, 1}) == 1

// insn encodes an instruction for the kernel that runs; regs is the destination, with the source in the
// upper half (see from).
func insn(code, regs uint8, off int16, imm int32) []byte {
	if bigEndian {
		regs = regs<<4 | regs>>4
	}
	b := []byte{code, regs, 0, 0, 0, 0, 0, 0}
	binary.NativeEndian.PutUint16(b[2:], uint16(off))
	binary.NativeEndian.PutUint32(b[4:], uint32(imm))
	return b
}

// from returns the register field of an instruction from a source to a destination.
func from(dst, src uint8) uint8 { return dst | src<<4 }

// callTo calls the function at an index from the instruction at another.
func callTo(target, at int) []byte { return insn(opCall, pseudoCall<<4, 0, int32(target-at-1)) }

// maxInsns bounds what Program generates: 16 MiB of instructions, twice what
// any kernel takes.
const maxInsns = 2 << 20

// generator makes the program of a probe for n from least on.
type generator struct {
	least, most int
	make        func(n int) []byte
}

var generators = map[string]generator{
	"straight_line": {2, maxInsns, straightLine},
	"back_edge":     {0, maxInsns, backEdge},
	"bounded_loop":  {0, maxInsns, boundedLoop},
	"stack":         {0, 1 << 15, stack},
	"stack_byte":    {1, 1 << 15, stackByte},
	"stack_total":   {halfStack + 1, 4 * halfStack, stackTotal},
	"stack_chain":   {1, maxInsns, stackChain},
	"frames":        {1, maxInsns / 2, frames},
	"subprograms":   {1, maxInsns / 3, subprograms},
	"jumps":         {1, 1 << 15, jumps},
	"processed":     {calledInsns + 2, maxInsns, processedByCalls},
	"paths":         {leastByPaths, maxInsns, processedByPaths},
}

// Program generates the program of a probe:
//
//	straight_line  n instructions in all: r0 = 0, n times over, and exit
//	back_edge      a conditional jump back that is always taken
//	bounded_loop   r0 counts to n, then exit
//	stack          8 bytes written at offset -n of the stack
//	stack_byte     a byte written there
//	stack_total    two frames with n bytes of stack together
//	stack_chain    as few functions as have n bytes of stack together, each called by
//	               the one before
//	frames         n functions, each called by the one before
//	subprograms    n functions, the first of which calls all others
//	jumps          n conditional jumps in sequence, of which none is decided
//	processed      small, but the verifier goes through n instructions, by calls
//	paths          small, but the verifier goes through n instructions, by paths,
//	               if it takes all numbers to be precise, as it does for users
//
// It returns raw instructions, 8 bytes each. An unknown kind and an n out of its
// range are errors that name both.
func Program(kind string, n int) ([]byte, error) {
	g, ok := generators[kind]
	if !ok {
		return nil, fmt.Errorf("unknown probe %q; there is %s", kind, strings.Join(slices.Sorted(maps.Keys(generators)), ", "))
	}
	if n < g.least || n > g.most {
		return nil, fmt.Errorf("probe %s: n = %d is not between %d and %d", kind, n, g.least, g.most)
	}
	return g.make(n), nil
}

func straightLine(n int) []byte {
	return join(zeros(n-1), insn(opExit, 0, 0, 0))
}

func backEdge(int) []byte {
	return join(insn(opMovImm, r0, 0, 0), insn(opJumpEqI, r0, -2, 0), insn(opExit, 0, 0, 0))
}

func boundedLoop(n int) []byte {
	return join(insn(opMovImm, r0, 0, 0), insn(opAddImm, r0, 0, 1), insn(opJumpLtI, r0, -2, int32(n)), insn(opExit, 0, 0, 0))
}

func stack(n int) []byte {
	return join(insn(opStoreImm, fp, int16(-n), 0), straightLine(2))
}

func stackByte(n int) []byte {
	return join(insn(opStoreByte, fp, int16(-n), 0), straightLine(2))
}

// halfStack is what stackTotal's called function uses, in bytes.
const halfStack = 256

func stackTotal(n int) []byte {
	return join(insn(opStoreByte, fp, int16(halfStack-n), 0), callTo(3, 1), insn(opExit, 0, 0, 0), stackByte(halfStack))
}

// fullStack is what a function may use of the stack, in bytes: MAX_BPF_STACK of
// include/linux/filter.h.
const fullStack = 512

func stackChain(n int) []byte {
	var out []byte
	for ; n > fullStack; n -= fullStack {
		out = append(out, join(insn(opStoreByte, fp, -fullStack, 0), callTo(2, 0), insn(opExit, 0, 0, 0))...)
	}
	return append(out, stackByte(n)...)
}

func frames(n int) []byte {
	var out []byte
	for i := range n - 1 {
		out = append(out, join(callTo(2*i+2, 2*i), insn(opExit, 0, 0, 0))...)
	}
	return append(out, straightLine(2)...)
}

func subprograms(n int) []byte {
	out := zeros(1)
	for i := range n - 1 {
		out = append(out, callTo(n+1+2*i, i+1)...)
	}
	out = append(out, insn(opExit, 0, 0, 0)...)
	for range n - 1 {
		out = append(out, straightLine(2)...)
	}
	return out
}

func jumps(n int) []byte {
	out := insn(opLoadWord, from(r0, r1), 0, 0)
	for i := range n {
		out = append(out, insn(opJumpEqI, r0, int16(n-1-i), int32(i))...)
	}
	return append(out, insn(opExit, 0, 0, 0)...)
}

// zeros returns the instruction r0 = 0, n times.
func zeros(n int) []byte {
	out := make([]byte, 0, (n+1)*insnSize)
	for range n {
		out = append(out, insn(opMovImm, r0, 0, 0)...)
	}
	return out
}

func join(insns ...[]byte) []byte {
	var out []byte
	for _, i := range insns {
		out = append(out, i...)
	}
	return out
}
