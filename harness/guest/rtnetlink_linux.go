package guest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// The requests to the kernel's rtnetlink that the agent needs, as messages: the library that has
// a type for each kind of interface, queue and filter is a tenth of the agent.

// device is a network interface, of the namespace in which it was found.
type device struct {
	name     string
	index    int
	hardware []byte // its address
}

// findDevice finds an interface of the calling thread's namespace.
func findDevice(name string) (device, error) {
	attr := unix.IFLA_IFNAME
	if len(name) >= unix.IFNAMSIZ {
		attr = unix.IFLA_ALT_IFNAME
	}
	answer, err := request(unix.RTM_GETLINK, 0, unix.IfInfomsg{}, nl.NewRtAttr(attr, nl.ZeroTerminated(name)))
	if err != nil {
		return device{}, err
	}
	if len(answer) == 0 || len(answer[0]) < unix.SizeofIfInfomsg {
		return device{}, fmt.Errorf("the kernel's answer about %s is incomplete", name)
	}
	attrs, err := nl.ParseRouteAttrAsMap(answer[0][unix.SizeofIfInfomsg:])
	if err != nil {
		return device{}, err
	}
	index := nl.DeserializeIfInfomsg(answer[0]).Index
	return device{name: name, index: int(index), hardware: attrs[unix.IFLA_ADDRESS].Value}, nil
}

// up sets the interface up.
func (d device) up() error {
	return change(unix.RTM_NEWLINK, 0, unix.IfInfomsg{Index: int32(d.index), Flags: unix.IFF_UP, Change: unix.IFF_UP})
}

// addAddress gives the interface an address of a network of 256.
func (d device) addAddress(ip [4]byte) error {
	broadcast := ip
	broadcast[3] = 255
	return change(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_EXCL,
		unix.IfAddrmsg{Family: unix.AF_INET, Prefixlen: 24, Index: uint32(d.index)},
		nl.NewRtAttr(unix.IFA_LOCAL, ip[:]),
		nl.NewRtAttr(unix.IFA_ADDRESS, ip[:]),
		nl.NewRtAttr(unix.IFA_BROADCAST, broadcast[:]))
}

// setNeighbour says for good which interface has an address.
func (d device) setNeighbour(ip [4]byte, hardware []byte) error {
	return change(unix.RTM_NEWNEIGH, unix.NLM_F_CREATE|unix.NLM_F_REPLACE,
		unix.NdMsg{Family: unix.AF_INET, Ifindex: int32(d.index), State: unix.NUD_PERMANENT},
		nl.NewRtAttr(unix.NDA_DST, ip[:]),
		nl.NewRtAttr(unix.NDA_LLADDR, hardware))
}

// setXDP attaches a program, or none if the descriptor is -1.
func (d device) setXDP(prog, mode int) error {
	xdp := nl.NewRtAttr(unix.IFLA_XDP|unix.NLA_F_NESTED, nil)
	xdp.AddRtAttr(unix.IFLA_XDP_FD, nl.Uint32Attr(uint32(prog)))
	xdp.AddRtAttr(unix.IFLA_XDP_FLAGS, nl.Uint32Attr(uint32(mode)))
	return change(unix.RTM_SETLINK, 0, unix.IfInfomsg{Index: int32(d.index)}, xdp)
}

// The handles of a clsact queueing discipline (TC_H_CLSACT, TC_H_MIN_INGRESS and
// TC_H_MIN_EGRESS of linux/pkt_sched.h).
const (
	clsact        = 0xfffffff1
	clsactHandle  = 0xffff0000
	clsactIngress = 0xfffffff2
	clsactEgress  = 0xfffffff3
)

// addClsact gives the interface a clsact queueing discipline, if it has none.
func (d device) addClsact() error {
	err := change(unix.RTM_NEWQDISC, unix.NLM_F_CREATE|unix.NLM_F_EXCL,
		nl.TcMsg{Ifindex: int32(d.index), Handle: clsactHandle, Parent: clsact},
		nl.NewRtAttr(nl.TCA_KIND, nl.ZeroTerminated("clsact")))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("clsact on %s (needs CONFIG_NET_SCH_INGRESS): %w", d.name, err)
	}
	return nil
}

// filter is a program on one side of a clsact queueing discipline.
type filter struct {
	device, prog int
	parent       uint32
	name         string
}

// put adds the filter, or replaces the one in its place.
func (f filter) put() error { return f.change(unix.RTM_NEWTFILTER, unix.NLM_F_CREATE) }

func (f filter) remove() error { return f.change(unix.RTM_DELTFILTER, 0) }

// change sends the filter as the first one for all protocols, in direct-action mode.
func (f filter) change(kind, flags int) error {
	const priority, handle = 1, 1
	options := nl.NewRtAttr(nl.TCA_OPTIONS, nil)
	options.AddRtAttr(nl.TCA_BPF_FD, nl.Uint32Attr(uint32(f.prog)))
	options.AddRtAttr(nl.TCA_BPF_NAME, nl.ZeroTerminated(f.name))
	options.AddRtAttr(nl.TCA_BPF_FLAGS, nl.Uint32Attr(nl.TCA_BPF_FLAG_ACT_DIRECT))
	return change(kind, flags,
		nl.TcMsg{Ifindex: int32(f.device), Handle: handle, Parent: f.parent, Info: priority<<16 | uint32(htons(unix.ETH_P_ALL))},
		nl.NewRtAttr(nl.TCA_KIND, nl.ZeroTerminated("bpf")), options)
}

// addVeth makes a veth pair: one end in the calling thread's namespace, the other in that of a
// file.
func addVeth(name, peer string, namespace int) error {
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(unix.IFLA_INFO_KIND, nl.NonZeroTerminated("veth"))
	end := info.AddRtAttr(unix.IFLA_INFO_DATA, nil).AddRtAttr(nl.VETH_INFO_PEER, header(unix.IfInfomsg{}))
	end.AddRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(peer))
	end.AddRtAttr(unix.IFLA_NET_NS_FD, nl.Uint32Attr(uint32(namespace)))
	return change(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL, unix.IfInfomsg{},
		nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(name)), info)
}

// change sends a request that the kernel only acknowledges.
func change(kind, flags int, head any, attrs ...*nl.RtAttr) error {
	_, err := request(kind, flags, head, attrs...)
	return err
}

// request sends a message of a kind, which begins with the kernel's structure for it, in the
// calling thread's namespace, and returns the messages of the answer.
func request(kind, flags int, head any, attrs ...*nl.RtAttr) ([][]byte, error) {
	req := nl.NewNetlinkRequest(kind, flags|unix.NLM_F_ACK)
	req.AddData(header(head))
	for _, attr := range attrs {
		req.AddData(attr)
	}
	return req.Execute(unix.NETLINK_ROUTE, 0)
}

// message is part of a request as its bytes.
type message []byte

// Len implements nl.NetlinkRequestData.
func (m message) Len() int { return len(m) }

// Serialize implements nl.NetlinkRequestData.
func (m message) Serialize() []byte { return m }

// header returns the bytes of a structure, all of whose fields have a size.
func header(of any) message {
	out, _ := binary.Append(nil, binary.NativeEndian, of)
	return out
}

// htons returns a number in the network's byte order.
func htons(v uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, v))
}
