// Package packet builds the packets that programs are run on, from what a lab document says
// of them. Lengths and checksums are right.
package packet

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// Protocols of a packet.
const (
	UDP  = "udp"
	TCP  = "tcp"
	ICMP = "icmp" // an echo request; of IPv6, ICMPv6's
)

// Spec is an Ethernet frame with an IP packet.
type Spec struct {
	From, To         netip.Addr // both of IPv4 or both of IPv6
	Protocol         string
	FromPort, ToPort uint16 // of UDP and TCP; a TCP segment is a SYN
	VLAN             uint16 // 802.1Q identifier; 0 is no tag
	Payload          []byte // behind the last header
}

// MACs of frames: locally administered addresses (IEEE 802c).
var (
	fromMAC = net.HardwareAddr{2, 0, 0, 0, 0, 1}
	toMAC   = net.HardwareAddr{2, 0, 0, 0, 0, 2}
)

const (
	ttl    = 64
	window = 64240

	ethernetHeader = 14
)

// Build returns the frame. It is not padded to Ethernet's least length, which hardware does.
// The error says what in the packet does not fit together.
func Build(s Spec) ([]byte, error) {
	if s.From.Is4() != s.To.Is4() {
		return nil, fmt.Errorf("%s and %s are not of one version of IP", s.From, s.To)
	}
	above, err := s.transport()
	if err != nil {
		return nil, err
	}
	all := append(s.link(), s.network())
	all = append(all, above...)
	all = append(all, gopacket.Payload(s.Payload))
	network := all[len(all)-len(above)-2].(gopacket.NetworkLayer)
	for _, l := range above {
		if sum, ok := l.(interface {
			SetNetworkLayerForChecksum(gopacket.NetworkLayer) error
		}); ok {
			if err := sum.SetNetworkLayerForChecksum(network); err != nil {
				return nil, err
			}
		}
	}
	return serialize(all)
}

// serialize writes the layers. gopacket pads frames to 60 bytes, which is cut off again.
func serialize(all []gopacket.SerializableLayer) ([]byte, error) {
	b := gopacket.NewSerializeBuffer()
	options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(b, options, all[1:]...); err != nil {
		return nil, err
	}
	length := ethernetHeader + len(b.Bytes())
	if err := gopacket.SerializeLayers(b, options, all...); err != nil {
		return nil, err
	}
	return bytes.Clone(b.Bytes()[:length]), nil
}

func (s Spec) link() []gopacket.SerializableLayer {
	above := layers.EthernetTypeIPv4
	if s.From.Is6() {
		above = layers.EthernetTypeIPv6
	}
	frame := &layers.Ethernet{SrcMAC: fromMAC, DstMAC: toMAC, EthernetType: above}
	if s.VLAN == 0 {
		return []gopacket.SerializableLayer{frame}
	}
	frame.EthernetType = layers.EthernetTypeDot1Q
	return []gopacket.SerializableLayer{frame, &layers.Dot1Q{VLANIdentifier: s.VLAN, Type: above}}
}

func (s Spec) network() gopacket.SerializableLayer {
	if s.From.Is6() {
		next := map[string]layers.IPProtocol{UDP: layers.IPProtocolUDP, TCP: layers.IPProtocolTCP, ICMP: layers.IPProtocolICMPv6}
		return &layers.IPv6{Version: 6, HopLimit: ttl, NextHeader: next[s.Protocol], SrcIP: s.From.AsSlice(), DstIP: s.To.AsSlice()}
	}
	next := map[string]layers.IPProtocol{UDP: layers.IPProtocolUDP, TCP: layers.IPProtocolTCP, ICMP: layers.IPProtocolICMPv4}
	return &layers.IPv4{Version: 4, TTL: ttl, Protocol: next[s.Protocol], SrcIP: s.From.AsSlice(), DstIP: s.To.AsSlice()}
}

func (s Spec) transport() ([]gopacket.SerializableLayer, error) {
	switch s.Protocol {
	case UDP:
		return []gopacket.SerializableLayer{&layers.UDP{SrcPort: layers.UDPPort(s.FromPort), DstPort: layers.UDPPort(s.ToPort)}}, nil
	case TCP:
		return []gopacket.SerializableLayer{&layers.TCP{SrcPort: layers.TCPPort(s.FromPort), DstPort: layers.TCPPort(s.ToPort), SYN: true, Window: window}}, nil
	case ICMP:
		if s.From.Is6() {
			return []gopacket.SerializableLayer{&layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(layers.ICMPv6TypeEchoRequest, 0)}, &layers.ICMPv6Echo{}}, nil
		}
		return []gopacket.SerializableLayer{&layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(layers.ICMPv4TypeEchoRequest, 0)}}, nil
	}
	return nil, fmt.Errorf("protocol %q is none of %s, %s, %s", s.Protocol, UDP, TCP, ICMP)
}
