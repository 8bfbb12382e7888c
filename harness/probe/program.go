package probe

import (
	"encoding/binary"
	"fmt"
)

// The instruction encoding of Linux's include/uapi/linux/bpf.h: 8 bytes of
// opcode, two registers, a 16-bit offset and a 32-bit immediate.
const (
	opMovImm   = 0xb7 // BPF_ALU64 | BPF_MOV | BPF_K
	opAddImm   = 0x07 // BPF_ALU64 | BPF_ADD | BPF_K
	opJumpEqI  = 0x15 // BPF_JMP | BPF_JEQ | BPF_K
	opJumpLtI  = 0xa5 // BPF_JMP | BPF_JLT | BPF_K
	opStoreImm = 0x7a // BPF_ST | BPF_MEM | BPF_DW
	opExit     = 0x95 // BPF_JMP | BPF_EXIT

	r0 = 0
	fp = 10 // the frame pointer
)

const insnSize = 8

func insn(code, dst uint8, off int16, imm int32) []byte {
	b := []byte{code, dst, 0, 0, 0, 0, 0, 0}
	binary.LittleEndian.PutUint16(b[2:], uint16(off))
	binary.LittleEndian.PutUint32(b[4:], uint32(imm))
	return b
}

// maxInsns bounds what Program generates: 16 MiB of instructions, twice what
// any kernel takes.
const maxInsns = 2 << 20

// Program generates the program of a probe:
//
//	straight_line  n instructions in all: r0 = 0, n times over, and exit
//	back_edge      a conditional jump back that is always taken
//	bounded_loop   r0 counts to n, then exit
//	stack          8 bytes written at offset -n of the stack
//
// It returns raw instructions, 8 bytes each.
func Program(kind string, n int) ([]byte, error) {
	if n < 0 || n > maxInsns {
		return nil, fmt.Errorf("probe %s: n = %d is not between 0 and %d", kind, n, maxInsns)
	}
	switch kind {
	case "straight_line":
		return straightLine(n)
	case "back_edge":
		return join(insn(opMovImm, r0, 0, 0), insn(opJumpEqI, r0, -2, 0), insn(opExit, 0, 0, 0)), nil
	case "bounded_loop":
		return join(insn(opMovImm, r0, 0, 0), insn(opAddImm, r0, 0, 1), insn(opJumpLtI, r0, -2, int32(n)), insn(opExit, 0, 0, 0)), nil
	case "stack":
		return join(insn(opStoreImm, fp, int16(-n), 0), insn(opMovImm, r0, 0, 0), insn(opExit, 0, 0, 0)), nil
	}
	return nil, fmt.Errorf("unknown probe %q: straight_line, back_edge, bounded_loop and stack are known", kind)
}

func straightLine(n int) ([]byte, error) {
	if n < 2 {
		return nil, fmt.Errorf("probe straight_line: a program has at least 2 instructions, not %d", n)
	}
	out := make([]byte, 0, n*insnSize)
	mov := insn(opMovImm, r0, 0, 0)
	for range n - 1 {
		out = append(out, mov...)
	}
	return append(out, insn(opExit, 0, 0, 0)...), nil
}

func join(insns ...[]byte) []byte {
	var out []byte
	for _, i := range insns {
		out = append(out, i...)
	}
	return out
}
