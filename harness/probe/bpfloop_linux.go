package probe

import (
	"errors"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"
)

// bpfLoop requests n rounds, but its callback stops after the first, so that it takes no
// time. A callback needs BTF, for which bpfLoop uses cilium/ebpf; the probe for the helper
// itself does without.
func bpfLoop(n int, user bool) Result {
	if res := load(socketFilter, calling(int32(asm.FnLoop))); user || saysNoHelper(res.Log) {
		return res
	}
	prog, err := ebpf.NewProgram(loopingSpec(n))
	if err != nil {
		return failure(err)
	}
	defer prog.Close()
	rounds, errno := testRun(prog.FD())
	res := answer(errno)
	if errno == 0 && int32(rounds) < 0 {
		res = answer(unix.Errno(-int32(rounds)))
	}
	return res
}

func failure(err error) Result {
	res := Result{Errno: "EINVAL", Log: err.Error()}
	var errno unix.Errno
	if errors.As(err, &errno) {
		res.Errno = unix.ErrnoName(errno)
	}
	var verifier *ebpf.VerifierError
	if errors.As(err, &verifier) {
		res.Log = strings.Join(verifier.Log, "\n")
	}
	return res
}

// loopingSpec returns what bpf_loop does.
func loopingSpec(n int) *ebpf.ProgramSpec {
	number := &btf.Int{Name: "long", Size: 8, Encoding: btf.Signed}
	function := func(name string, params ...btf.FuncParam) *btf.Func {
		return &btf.Func{Name: name, Linkage: btf.StaticFunc, Type: &btf.FuncProto{Return: number, Params: params}}
	}
	round := function("round", btf.FuncParam{Name: "i", Type: number}, btf.FuncParam{Name: "ctx", Type: &btf.Pointer{Target: (*btf.Void)(nil)}})
	return &ebpf.ProgramSpec{Type: ebpf.SocketFilter, License: "GPL", Instructions: asm.Instructions{
		btf.WithFuncMetadata(asm.Mov.Imm32(asm.R1, int32(n)), function("loop", btf.FuncParam{Name: "skb", Type: &btf.Pointer{Target: (*btf.Void)(nil)}})),
		asm.Instruction{OpCode: asm.LoadImmOp(asm.DWord), Dst: asm.R2, Src: asm.PseudoFunc, Constant: -1}.WithReference("round"),
		asm.Mov.Imm(asm.R3, 0),
		asm.Mov.Imm(asm.R4, 0),
		asm.FnLoop.Call(),
		asm.Return(),
		btf.WithFuncMetadata(asm.Mov.Imm(asm.R0, 1), round).WithSymbol("round"),
		asm.Return(),
	}}
}
