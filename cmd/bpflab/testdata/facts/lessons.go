package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

const tracefs = "/sys/kernel/tracing/"

// lessons tries what the labs' lessons state, and no step of theirs checks.
func lessons() {
	tailCalls()
	addresses()
	maps()
	getdents()
	records()
	_, err := os.ReadFile("/proc/sys/kernel/bpf_stats_enabled")
	say("bpf_stats_enabled", unwrapped(err))
	types, err := os.ReadFile("/sys/kernel/btf/vmlinux")
	if err == nil && !bytes.HasPrefix(types, []byte{0x9f, 0xeb}) {
		err = fmt.Errorf("begins with % x", types[:2])
	}
	say("BTF begins with 9f eb", unwrapped(err))
}

// unwrapped returns the number of an error of the os package.
func unwrapped(err error) error {
	if e, ok := err.(*os.PathError); ok {
		return e.Err
	}
	return err
}

// tailCalls loads programs of two types that use one program array, and one program with a
// function and a tail call.
func tailCalls() {
	programs, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.ProgramArray, KeySize: 4, ValueSize: 4, MaxEntries: 1})
	if err != nil {
		say("a program array", err)
		return
	}
	call := asm.Instructions{asm.LoadMapPtr(asm.R2, programs.FD()), asm.Mov.Imm(asm.R3, 0), asm.FnTailCall.Call()}
	_, err = load(ebpf.XDP, 0, "GPL", call...)
	say("program array, first type", err)
	_, err = load(ebpf.SocketFilter, 0, "GPL", call...)
	say("program array, another type", err)
	body := append(asm.Instructions{asm.Mov.Reg(asm.R6, asm.R1), asm.Call.Label("function"), asm.Mov.Reg(asm.R1, asm.R6)}, call...)
	body = append(body, asm.Mov.Imm(asm.R0, 0), asm.Return(), asm.Mov.Imm(asm.R0, 0).WithSymbol("function"), asm.Return())
	_, err = ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.XDP, License: "GPL", Instructions: body})
	say("function and tail call", err)
}

// addresses loads programs for the addresses of sockets.
func addresses() {
	for name, attach := range map[string]ebpf.AttachType{"recvmsg4": ebpf.AttachCGroupUDP4Recvmsg, "getpeername4": ebpf.AttachCgroupInet4GetPeername} {
		_, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.CGroupSockAddr, AttachType: attach, License: "GPL",
			Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 1), asm.Return()}})
		say(name, err)
	}
	_, err := load(ebpf.CGroupSockAddr, ebpf.AttachCGroupInet4Connect, "GPL", asm.Mov.Imm(asm.R1, -111), asm.FnSetRetval.Call())
	say("bpf_set_retval in connect4", err)
}

// maps makes an entry twice, and ring buffers of two sizes.
func maps() {
	hash, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Hash, KeySize: 4, ValueSize: 4, MaxEntries: 1})
	if err != nil {
		say("a hash", err)
		return
	}
	hash.Update(uint32(1), uint32(1), ebpf.UpdateNoExist)
	err = hash.Update(uint32(1), uint32(1), ebpf.UpdateNoExist)
	say("BPF_NOEXIST again", err)
	for _, size := range []uint32{4096, 3 * 4096} {
		_, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.RingBuf, MaxEntries: size})
		say(fmt.Sprintf("ring buffer of %d bytes", size), err)
	}
}

// getdents has ls read a directory, and looks at the size of its buffer.
func getdents() {
	event := tracefs + "events/syscalls/sys_enter_getdents64/enable"
	if err := os.WriteFile(event, []byte("1"), 0); err != nil {
		say(event, err)
		return
	}
	os.WriteFile(tracefs+"trace", nil, 0)
	exec.Command("ls", "/").Run()
	os.WriteFile(event, []byte("0"), 0)
	text, _ := os.ReadFile(tracefs + "trace")
	calls := regexp.MustCompile(`ls-\d+.*sys_getdents64\(.*count: (?:0x)?(\w+)\)`).FindAllSubmatch(text, -1)
	sizes := make([]string, len(calls))
	for i, call := range calls {
		sizes[i] = string(call[1])
	}
	say("getdents64 of ls", fmt.Errorf("%s", strings.Join(sizes, " ")))
}

// records looks at the records of two tracepoints, and how many there are.
func records() {
	fork, _ := os.ReadFile(tracefs + "events/sched/sched_process_fork/format")
	child := regexp.MustCompile(`child_pid;\s+offset:(\d+);`).FindSubmatch(fork)
	if child != nil {
		say("offset of child_pid", fmt.Errorf("%s", child[1]))
	}
	exit, _ := os.ReadFile(tracefs + "events/sched/sched_process_exit/format")
	say("group_dead", fmt.Errorf("%v", bytes.Contains(exit, []byte("group_dead"))))
	groups, _ := os.ReadDir(tracefs + "events")
	count := 0
	for _, group := range groups {
		inside, _ := os.ReadDir(tracefs + "events/" + group.Name())
		for _, e := range inside {
			if e.IsDir() {
				count++
			}
		}
	}
	say("more than a thousand tracepoints", fmt.Errorf("%v", count > 1000))
}
