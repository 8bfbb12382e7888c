package guest

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/wire"
)

// closeFunc is a detachment.
type closeFunc func() error

func (f closeFunc) Close() error { return f() }

// device finds the interface a network program goes to: of the lab's two
// namespaces the end that `to:` names ("server" if nothing is said), else an
// interface of the machine.
func (p placement) device() (namespace, iface string) {
	to := p.args.To
	switch {
	case p.args.Network && to == "":
		return server, server
	case p.args.Network:
		return to, to
	case to == "":
		return "", "lo"
	}
	return "", to
}

// onDevice runs f in the device's namespace.
func (p placement) onDevice(f func(device) error) error {
	ns, name := p.device()
	return p.net.in(ns, func() error {
		dev, err := findDevice(name)
		if err != nil {
			return fmt.Errorf("interface %s: %w", name, err)
		}
		return f(dev)
	})
}

var xdpModes = []struct {
	name string
	flag int
}{{"native", unix.XDP_FLAGS_DRV_MODE}, {"generic", unix.XDP_FLAGS_SKB_MODE}}

// attachXDP attaches in the driver (native) where that is possible, else in
// the network stack (generic), and says which. It uses netlink, which every
// kernel since 4.8 has; BPF links for XDP came with 5.9.
func attachXDP(p placement) (io.Closer, wire.AttachResult, error) {
	_, name := p.device()
	res := wire.AttachResult{Kind: "xdp", Target: name}
	if t := p.spec.AttachType; t == ebpf.AttachXDPDevMap || t == ebpf.AttachXDPCPUMap {
		return nil, res, unattachable{p.spec.SectionName + " goes into a map's entry, which its own loader fills in"}
	}
	var flag int
	err := p.onDevice(func(dev device) (err error) {
		for _, mode := range xdpModes {
			if p.args.Mode != "" && p.args.Mode != mode.name {
				continue
			}
			res.Mode, flag = mode.name, mode.flag
			if err = dev.setXDP(p.prog.FD(), mode.flag); err == nil {
				return nil
			}
		}
		return fmt.Errorf("%s XDP on %s: %w", res.Mode, name, err)
	})
	detach := closeFunc(func() error {
		return p.onDevice(func(dev device) error { return dev.setXDP(-1, flag) })
	})
	return detach, res, err
}

// attachTC puts the program on a clsact queueing discipline, in direct-action
// mode: egress if its section says so, else ingress.
func attachTC(p placement) (io.Closer, wire.AttachResult, error) {
	if kind, _, _ := strings.Cut(p.spec.SectionName, "/"); p.alone && kind == "tcx" {
		return attachTCX(p)
	} else if p.alone && kind == "netkit" {
		return nil, wire.AttachResult{}, unattachable{p.spec.SectionName + " goes to a netkit device, and the machine has none"}
	}
	ns, name := p.device()
	res := wire.AttachResult{Kind: "tc", Target: name, Mode: "ingress"}
	if side, ok := strings.CutPrefix(p.spec.SectionName, "tc/"); ok && side != "ingress" && side != "egress" {
		return nil, res, fmt.Errorf("section %q names neither side of the interface: tc/ingress or tc/egress", p.spec.SectionName)
	}
	on := filter{prog: p.prog.FD(), parent: clsactIngress, name: p.args.Program}
	if strings.Contains(p.spec.SectionName, "egress") {
		res.Mode, on.parent = "egress", clsactEgress
	}
	err := p.onDevice(func(dev device) error {
		if err := dev.addClsact(); err != nil {
			return err
		}
		on.device = dev.index
		return on.put()
	})
	detach := closeFunc(func() error { return p.net.in(ns, on.remove) })
	return detach, res, err
}

// attachTCX attaches as libbpf and cilium/ebpf attach programs of sections tcx/…, which needs
// Linux 6.6. A lab's go on clsact, on every kernel.
func attachTCX(p placement) (l io.Closer, res wire.AttachResult, err error) {
	_, name := p.device()
	res = wire.AttachResult{Kind: "tcx", Target: name}
	err = p.onDevice(func(dev device) error {
		l, err = link.AttachTCX(link.TCXOptions{Interface: dev.index, Program: p.prog, Attach: p.spec.AttachType})
		return err
	})
	return l, res, err
}

// attachSocket runs a socket filter on a packet socket that sees all traffic
// of its interface.
func attachSocket(p placement) (io.Closer, wire.AttachResult, error) {
	_, name := p.device()
	res := wire.AttachResult{Kind: "socket", Target: name}
	var file *os.File
	err := p.onDevice(func(dev device) error {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, int(htons(unix.ETH_P_ALL)))
		if err != nil {
			return fmt.Errorf("packet socket: %w", err)
		}
		file = os.NewFile(uintptr(fd), "packet socket")
		return unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: htons(unix.ETH_P_ALL), Ifindex: dev.index})
	})
	if err == nil {
		err = link.AttachSocketFilter(file, p.prog)
	}
	if err != nil && file != nil {
		file.Close()
	}
	return file, res, err
}
