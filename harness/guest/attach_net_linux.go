package guest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
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
func (p placement) onDevice(f func(netlink.Link) error) error {
	ns, name := p.device()
	return p.net.in(ns, func() error {
		dev, err := netlink.LinkByName(name)
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
	err := p.onDevice(func(dev netlink.Link) (err error) {
		for _, mode := range xdpModes {
			if p.args.Mode != "" && p.args.Mode != mode.name {
				continue
			}
			res.Mode, flag = mode.name, mode.flag
			if err = netlink.LinkSetXdpFdWithFlags(dev, p.prog.FD(), mode.flag); err == nil {
				return nil
			}
		}
		return fmt.Errorf("%s XDP on %s: %w", res.Mode, name, err)
	})
	detach := closeFunc(func() error {
		return p.onDevice(func(dev netlink.Link) error { return netlink.LinkSetXdpFdWithFlags(dev, -1, flag) })
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
	parent := uint32(netlink.HANDLE_MIN_INGRESS)
	if strings.Contains(p.spec.SectionName, "egress") {
		res.Mode, parent = "egress", netlink.HANDLE_MIN_EGRESS
	}
	var filter *netlink.BpfFilter
	err := p.onDevice(func(dev netlink.Link) error {
		if err := addClsact(dev); err != nil {
			return err
		}
		filter = &netlink.BpfFilter{
			FilterAttrs:  netlink.FilterAttrs{LinkIndex: dev.Attrs().Index, Parent: parent, Handle: 1, Protocol: unix.ETH_P_ALL, Priority: 1},
			Fd:           p.prog.FD(),
			Name:         p.args.Program,
			DirectAction: true,
		}
		return netlink.FilterReplace(filter)
	})
	detach := closeFunc(func() error {
		return p.net.in(ns, func() error { return netlink.FilterDel(filter) })
	})
	return detach, res, err
}

// attachTCX attaches as libbpf and cilium/ebpf attach programs of sections tcx/…, which needs
// Linux 6.6. A lab's go on clsact, on every kernel.
func attachTCX(p placement) (l io.Closer, res wire.AttachResult, err error) {
	_, name := p.device()
	res = wire.AttachResult{Kind: "tcx", Target: name}
	err = p.onDevice(func(dev netlink.Link) error {
		l, err = link.AttachTCX(link.TCXOptions{Interface: dev.Attrs().Index, Program: p.prog, Attach: p.spec.AttachType})
		return err
	})
	return l, res, err
}

func addClsact(dev netlink.Link) error {
	err := netlink.QdiscAdd(&netlink.Clsact{
		QdiscAttrs: netlink.QdiscAttrs{LinkIndex: dev.Attrs().Index, Handle: netlink.MakeHandle(0xffff, 0), Parent: netlink.HANDLE_CLSACT},
	})
	if err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("clsact on %s (needs CONFIG_NET_SCH_INGRESS): %w", dev.Attrs().Name, err)
	}
	return nil
}

// attachSocket runs a socket filter on a packet socket that sees all traffic
// of its interface.
func attachSocket(p placement) (io.Closer, wire.AttachResult, error) {
	_, name := p.device()
	res := wire.AttachResult{Kind: "socket", Target: name}
	var file *os.File
	err := p.onDevice(func(dev netlink.Link) error {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, int(htons(unix.ETH_P_ALL)))
		if err != nil {
			return fmt.Errorf("packet socket: %w", err)
		}
		file = os.NewFile(uintptr(fd), "packet socket")
		return unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: htons(unix.ETH_P_ALL), Ifindex: dev.Attrs().Index})
	})
	if err == nil {
		err = link.AttachSocketFilter(file, p.prog)
	}
	if err != nil && file != nil {
		file.Close()
	}
	return file, res, err
}

func htons(v uint16) uint16 { return v<<8 | v>>8 }
