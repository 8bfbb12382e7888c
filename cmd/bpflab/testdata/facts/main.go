// Command facts tries on the running kernel what docs/tutorial-facts.md states, and prints
// one line for each fact: its name, a colon, and what was seen.
package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

func main() {
	if len(os.Args) > 1 {
		loadAsUser()
		return
	}
	tracePipe()
	licences()
	unprivileged()
	socketsKeepTheirCgroup()
	kernelFunction("do_unlinkat")
	lessons()
}

// say prints a fact, with the name of an error.
func say(fact string, err error) {
	var errno syscall.Errno
	switch {
	case err == nil:
		fmt.Println(fact + ": ok")
	case errors.As(err, &errno):
		fmt.Println(fact + ": " + unix.ErrnoName(errno))
	default:
		fmt.Println(fact + ": " + strings.ReplaceAll(err.Error(), "\n", " "))
	}
}

// tracePipe opens trace_pipe twice.
func tracePipe() {
	const path = "/sys/kernel/tracing/trace_pipe"
	open := func() error {
		_, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		return err
	}
	say("trace_pipe, first reader", open())
	say("trace_pipe, second reader", open())
}

// load loads a program of two instructions and what comes before them.
func load(kind ebpf.ProgramType, attach ebpf.AttachType, licence string, before ...asm.Instruction) (*ebpf.Program, error) {
	return ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: kind, AttachType: attach, License: licence,
		Instructions: append(before, asm.Mov.Imm(asm.R0, 0), asm.Return()),
	})
}

// licences loads a program that calls bpf_probe_read, a helper for compatible licences alone.
func licences() {
	for _, licence := range []string{"GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL", "GPL-2.0", "GPL-2.0-only", "gpl", "Dual BSD"} {
		_, err := load(ebpf.TracePoint, 0, licence,
			asm.Mov.Reg(asm.R1, asm.RFP), asm.Add.Imm(asm.R1, -8), asm.Mov.Imm(asm.R2, 8), asm.Mov.Imm(asm.R3, 0),
			asm.FnProbeRead.Call())
		say("licence "+licence, err)
	}
}

// unprivileged loads programs as a user without capabilities.
func unprivileged() {
	const knob = "/proc/sys/kernel/unprivileged_bpf_disabled"
	if now, _ := os.ReadFile(knob); strings.TrimSpace(string(now)) != "0" {
		if err := os.WriteFile(knob, []byte("0"), 0); err != nil {
			say(knob, err)
			return
		}
	}
	cmd := exec.Command("/proc/self/exe", "user")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	fmt.Print(string(out))
	if err != nil {
		say("as a user", err)
	}
}

func loadAsUser() {
	for _, p := range []struct {
		name   string
		kind   ebpf.ProgramType
		attach ebpf.AttachType
	}{
		{"socket filter", ebpf.SocketFilter, 0}, {"cgroup_skb", ebpf.CGroupSKB, ebpf.AttachCGroupInetEgress},
		{"xdp", ebpf.XDP, 0}, {"tracepoint", ebpf.TracePoint, 0}, {"cgroup connect4", ebpf.CGroupSockAddr, ebpf.AttachCGroupInet4Connect},
	} {
		_, err := load(p.kind, p.attach, "GPL")
		say("user loads "+p.name, err)
	}
}

// socketsKeepTheirCgroup refuses connections in a cgroup, and connects with a socket that
// was made outside of it by a process that is inside, and the other way round.
func socketsKeepTheirCgroup() {
	const root = "/sys/fs/cgroup"
	if _, err := os.Stat(root + "/cgroup.procs"); err != nil {
		os.MkdirAll(root, 0o755)
		if err := unix.Mount("cgroup2", root, "cgroup2", 0, ""); err != nil {
			say("cgroup2", err)
			return
		}
	}
	dir := root + "/facts"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		say("make a cgroup", err)
		return
	}
	refuse, err := load(ebpf.CGroupSockAddr, ebpf.AttachCGroupInet4Connect, "GPL")
	if err != nil {
		say("load connect4", err)
		return
	}
	if _, err := link.AttachCgroup(link.CgroupOptions{Path: dir, Attach: ebpf.AttachCGroupInet4Connect, Program: refuse}); err != nil {
		say("attach connect4", err)
		return
	}
	outside := socket()
	enter(dir)
	say("socket from outside, process inside", connect(outside))
	inside := socket()
	enter(root)
	say("socket from inside, process outside", connect(inside))
}

func socket() int {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		say("socket", err)
	}
	return fd
}

func enter(cgroup string) {
	if err := os.WriteFile(cgroup+"/cgroup.procs", []byte(fmt.Sprint(os.Getpid())), 0); err != nil {
		say("enter "+cgroup, err)
	}
}

// connect connects to a port where nobody listens.
func connect(fd int) error {
	address := &unix.SockaddrInet4{Port: 9}
	copy(address.Addr[:], net.IPv4(127, 0, 0, 1).To4())
	return unix.Connect(fd, address)
}

// kernelFunction looks for a function of the kernel by its name.
func kernelFunction(name string) {
	symbols, err := os.ReadFile("/proc/kallsyms")
	if err == nil && !strings.Contains(string(symbols), " "+name+"\n") {
		err = unix.ENOENT
	}
	say("function "+name, err)
}
