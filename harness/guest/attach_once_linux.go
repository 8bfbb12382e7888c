package guest

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/wire"
)

// unattachable is the error of a program that bpflab cannot attach, whatever the kernel: it
// goes to something that only its own loader makes, or that is not in the machine.
type unattachable struct{ why string }

func (e unattachable) Error() string { return e.why }

// attachNetNs attaches to the network namespace of the lab's server, or the machine's.
func attachNetNs(p placement) (l io.Closer, res wire.AttachResult, err error) {
	namespace, _ := p.device()
	res = wire.AttachResult{Kind: "netns", Target: namespace}
	err = p.net.in(namespace, func() error {
		ns, err := os.Open("/proc/thread-self/ns/net")
		if err != nil {
			return err
		}
		defer ns.Close()
		l, err = link.AttachNetNs(int(ns.Fd()), p.prog)
		return err
	})
	return l, res, err
}

// netfilterPriority is that of the kernel's own filter tables.
const netfilterPriority = 0

// attachNetfilter attaches to what the machine, or the lab's server, gets over IPv4.
func attachNetfilter(p placement) (l io.Closer, res wire.AttachResult, err error) {
	namespace, _ := p.device()
	res = wire.AttachResult{Kind: "netfilter", Target: "input"}
	err = p.net.in(namespace, func() (err error) {
		l, err = link.AttachNetfilter(link.NetfilterOptions{Program: p.prog, ProtocolFamily: link.NetfilterProtoIPv4,
			Hook: link.NetfilterInetLocalIn, Priority: netfilterPriority})
		return err
	})
	return l, res, err
}

// runOnce runs a program that is called and not attached.
func runOnce(p placement) (io.Closer, wire.AttachResult, error) {
	res := wire.AttachResult{Kind: "syscall", Target: "once"}
	_, err := p.prog.Run(&ebpf.RunOptions{})
	if errors.Is(err, unix.EINVAL) {
		return nil, res, unattachable{"it is called with a context, which only its own loader can give"}
	}
	return closeFunc(func() error { return nil }), res, err
}

// attachSockMap attaches to a map of sockets made for it. A lab's programs are for a map of
// their own, which bpflab does not choose.
func attachSockMap(p placement) (io.Closer, wire.AttachResult, error) {
	res := wire.AttachResult{Kind: "sockmap"}
	if p.spec.AttachType == ebpf.AttachNone {
		return nil, res, unattachable{fmt.Sprintf("section %q does not say whether it is a parser or gives a verdict", p.spec.SectionName)}
	}
	sockets, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.SockMap, KeySize: 4, ValueSize: 4, MaxEntries: 1})
	if err != nil {
		return nil, res, err
	}
	if err := link.RawAttachProgram(link.RawAttachProgramOptions{Target: sockets.FD(), Program: p.prog, Attach: p.spec.AttachType}); err != nil {
		sockets.Close()
		return nil, res, err
	}
	return sockets, res, nil // the attachment ends with its map
}
