package probe

// Instructions that came after the first kernels with bpf(2), in the encoding of
// include/uapi/linux/bpf.h.
const (
	opMovRegSX   = opMovReg // with the number of bits to extend as its offset
	opLoadByteSX = 0x91     // BPF_LDX | BPF_MEMSX | BPF_B
	opSwap       = 0xd7     // BPF_ALU64 | BPF_END
	opDivImm     = 0x37     // BPF_ALU64 | BPF_DIV | BPF_K; signed with an offset of 1
	opLongJump   = 0x06     // BPF_JMP32 | BPF_JA
	opMayGoto    = 0xe5     // BPF_JMP | BPF_JCOND
	opAtomic     = 0xdb     // BPF_STX | BPF_ATOMIC | BPF_DW

	atomicFetchAdd     = 0x01
	atomicLoadAcquire  = 0x100
	atomicStoreRelease = 0x110

	slot = -8 // of the stack, in bytes
)

// instructions are programs that a kernel takes only if it knows one instruction, by the
// instruction's name. The long jump is over a read of a register without a value.
var instructions = map[string][]byte{
	"sign-extending load": join(insn(opStoreImm, fp, slot, 0), insn(opLoadByteSX, from(r0, fp), slot, 0), insn(opExit, 0, 0, 0)),
	"sign-extending move": join(zeros(1), insn(opMovRegSX, from(r0, r0), 8, 0), insn(opExit, 0, 0, 0)),
	"bswap":               join(zeros(1), insn(opSwap, r0, 0, 64), insn(opExit, 0, 0, 0)),
	"signed division":     join(zeros(1), insn(opDivImm, r0, 1, 2), insn(opExit, 0, 0, 0)),
	"long jump":           join(zeros(1), insn(opJumpEqI, r0, 1, 1), insn(opLongJump, 0, 0, 1), insn(opMovReg, from(r0, r7), 0, 0), insn(opExit, 0, 0, 0)),
	"may_goto":            join(zeros(1), insn(opMayGoto, 0, 1, 0), zeros(1), insn(opExit, 0, 0, 0)),
	"atomic fetch":        join(insn(opStoreImm, fp, slot, 0), zeros(1), insn(opAtomic, from(fp, r0), slot, atomicFetchAdd), insn(opExit, 0, 0, 0)),
	"load_acquire":        join(insn(opStoreImm, fp, slot, 0), insn(opAtomic, from(r0, fp), slot, atomicLoadAcquire), insn(opExit, 0, 0, 0)),
	"store_release":       join(zeros(1), insn(opAtomic, from(fp, r0), slot, atomicStoreRelease), insn(opExit, 0, 0, 0)),
}

// isaV4 are the instructions that clang uses with -mcpu=v4. Some kernels have one of them alone:
// the long jump was taken over by 6.1.
var isaV4 = []string{"sign-extending load", "sign-extending move", "bswap", "signed division", "long jump"}

// hasV4 reports whether a kernel takes all of an instruction set's instructions.
func hasV4(takes map[string]bool) bool {
	for _, name := range isaV4 {
		if !takes[name] {
			return false
		}
	}
	return true
}
