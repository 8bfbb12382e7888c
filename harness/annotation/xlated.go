package annotation

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// insn is one instruction (struct bpf_insn of include/uapi/linux/bpf.h).
type insn struct {
	code     byte
	dst, src byte
	off      int16
	imm      int32
}

// insnSize is the size of an instruction, in bytes.
const insnSize = 8

func decode(raw []byte, order binary.ByteOrder) insn {
	i := insn{code: raw[0], dst: raw[1] & 15, src: raw[1] >> 4, off: int16(order.Uint16(raw[2:])), imm: int32(order.Uint32(raw[4:]))}
	if order == binary.BigEndian {
		i.dst, i.src = i.src, i.dst
	}
	return i
}

// Disassemble returns instructions as the kernel's runner prints them (kernel/bpf/disasm.c without
// the code of the operation, and disasm_helpers.c of its tests): a line for each, with its number.
// Bytes that are no whole instruction at the end are left out.
func Disassemble(raw []byte, order binary.ByteOrder) string {
	var out strings.Builder
	for at := 0; at+insnSize <= len(raw); at += insnSize {
		i := decode(raw[at:], order)
		fmt.Fprintf(&out, "%d: ", at/insnSize)
		if i.code == 0x18 && at+2*insnSize <= len(raw) {
			high := decode(raw[at+insnSize:], order)
			fmt.Fprintf(&out, "r%d = 0x%x\n", i.dst, uint64(uint32(high.imm))<<32|uint64(uint32(i.imm)))
			at += insnSize
			continue
		}
		fmt.Fprintln(&out, i)
	}
	return out.String()
}

// Words of instructions by the upper four bits of their code.
var (
	operators = [16]string{"+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "neg", "%=", "^=", "=", "s>>=", "endian", "", ""}
	compares  = [16]string{"jmp", "==", ">", ">=", "&", "!=", "s>", "s>=", "call", "exit", "<", "<=", "s<", "s<=", "", ""}
	sizes     = [4]string{"u32", "u16", "u8", "u64"}
)

func (i insn) String() string {
	switch i.code & 7 {
	case 4, 7:
		return i.arithmetic()
	case 5, 6:
		return i.jump()
	case 3:
		return i.store()
	case 2:
		if i.code&0xe0 == 0xc0 {
			return "nospec"
		}
		return fmt.Sprintf("*(%s *)(r%d %+d) = %d", i.size(), i.dst, i.off, i.imm)
	case 1:
		size := i.size()
		if i.code&0xe0 == 0x80 {
			size = "s" + size[1:]
		}
		return fmt.Sprintf("r%d = *(%s *)(r%d %+d)", i.dst, size, i.src, i.off)
	}
	switch i.code & 0xe0 {
	case 0x20:
		return fmt.Sprintf("r0 = *(%s *)skb[%d]", i.size(), i.imm)
	case 0x40:
		return fmt.Sprintf("r0 = *(%s *)skb[r%d + %d]", i.size(), i.src, i.imm)
	}
	return fmt.Sprintf("BUG_ld_%02x", i.code)
}

func (i insn) size() string { return sizes[i.code>>3&3] }

// register returns what registers of the instruction's class are called: w of 32 bits, r of 64.
func (i insn) register() string {
	if class := i.code & 7; class == 4 || class == 6 {
		return "w"
	}
	return "r"
}

func (i insn) arithmetic() string {
	r, wide, op := i.register(), i.code&7 == 7, operators[i.code>>4]
	switch {
	case i.code>>4 == 13 && wide:
		return fmt.Sprintf("r%d = bswap%d r%d", i.dst, i.imm, i.dst)
	case i.code>>4 == 13 && i.code&8 != 0:
		return fmt.Sprintf("r%d = be%d r%d", i.dst, i.imm, i.dst)
	case i.code>>4 == 13:
		return fmt.Sprintf("r%d = le%d r%d", i.dst, i.imm, i.dst)
	case i.code>>4 == 8:
		return fmt.Sprintf("%s%d = -%s%d", r, i.dst, r, i.dst)
	case i.code == 0xbf && i.off == 1:
		return fmt.Sprintf("r%d = addr_space_cast(r%d, %d, %d)", i.dst, i.src, uint32(i.imm)>>16, uint16(i.imm))
	case i.code == 0xbf && i.off == -1:
		return fmt.Sprintf("r%d = &(void __percpu *)(r%d)", i.dst, i.src)
	}
	if (i.code>>4 == 3 || i.code>>4 == 9) && i.off == 1 {
		op = "s" + op
	}
	if i.code&8 == 0 {
		return fmt.Sprintf("%s%d %s %d", r, i.dst, op, i.imm)
	}
	extend := ""
	if i.code>>4 == 11 && (i.off == 8 || i.off == 16 || i.off == 32) {
		extend = fmt.Sprintf("(s%d)", i.off)
	}
	return fmt.Sprintf("%s%d %s %s%s%d", r, i.dst, op, extend, r, i.src)
}

func (i insn) jump() string {
	r := i.register()
	switch {
	case i.code>>4 == 8 && i.src == 1:
		return fmt.Sprintf("call pc%+d", i.imm)
	case i.code>>4 == 8 && i.src == 2:
		return "call kernel-function"
	case i.code>>4 == 8:
		return "call unknown" // of a loaded program, the number is an address
	case i.code == 0x05:
		return fmt.Sprintf("goto pc%+d", i.off)
	case i.code == 0x0d:
		return fmt.Sprintf("gotox r%d", i.dst)
	case i.code == 0xe5 && i.src == 0:
		return fmt.Sprintf("may_goto pc%+d", i.off)
	case i.code == 0x06:
		return fmt.Sprintf("gotol pc%+d", i.imm)
	case i.code == 0x95:
		return "exit"
	case i.code&8 != 0:
		return fmt.Sprintf("if %s%d %s %s%d goto pc%+d", r, i.dst, compares[i.code>>4], r, i.src, i.off)
	}
	return fmt.Sprintf("if %s%d %s 0x%x goto pc%+d", r, i.dst, compares[i.code>>4], uint32(i.imm), i.off)
}

// atomics are the operations of atomic instructions that return nothing.
var atomics = map[int32]string{0x00: "add", 0x50: "and", 0x40: "or", 0xa0: "xor"}

// store returns a store of a register, which may be atomic.
func (i insn) store() string {
	where := fmt.Sprintf("(%s *)(r%d %+d)", i.size(), i.dst, i.off)
	if i.code&0xe0 == 0x60 {
		return fmt.Sprintf("*%s = r%d", where, i.src)
	}
	bits := ""
	if i.size() == "u64" {
		bits = "64"
	}
	op, plain := atomics[i.imm]
	fetched, fetches := atomics[i.imm&^1]
	switch {
	case i.code&0xe0 != 0xc0:
	case plain:
		return fmt.Sprintf("lock *%s %s r%d", where, operators[i.imm>>4], i.src)
	case fetches && op == "":
		return fmt.Sprintf("r%d = atomic%s_fetch_%s(%s, r%d)", i.src, bits, fetched, where, i.src)
	case i.imm == 0xf1:
		return fmt.Sprintf("r0 = atomic%s_cmpxchg(%s, r0, r%d)", bits, where, i.src)
	case i.imm == 0xe1:
		return fmt.Sprintf("r%d = atomic%s_xchg(%s, r%d)", i.src, bits, where, i.src)
	case i.imm == 0x100:
		return fmt.Sprintf("r%d = load_acquire((%s *)(r%d %+d))", i.dst, i.size(), i.src, i.off)
	case i.imm == 0x110:
		return fmt.Sprintf("store_release(%s, r%d)", where, i.src)
	}
	return fmt.Sprintf("BUG_%02x", i.code)
}
