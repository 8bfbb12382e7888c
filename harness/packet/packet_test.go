package packet

import (
	"encoding/binary"
	"net/netip"
	"testing"
)

// sum is the Internet checksum of RFC 1071, which is 0 over a packet that has its own.
func sum(parts ...[]byte) uint16 {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	if len(all)%2 == 1 {
		all = append(all, 0)
	}
	var n uint32
	for i := 0; i < len(all); i += 2 {
		n += uint32(binary.BigEndian.Uint16(all[i:]))
	}
	for n > 0xffff {
		n = n>>16 + n&0xffff
	}
	return ^uint16(n)
}

// pseudo is the header that UDP's, TCP's and ICMPv6's checksums cover (RFC 9293, 8200).
func pseudo(s Spec, protocol byte, length int) []byte {
	out := append(s.From.AsSlice(), s.To.AsSlice()...)
	if s.From.Is6() {
		return append(out, 0, 0, byte(length>>8), byte(length), 0, 0, 0, protocol)
	}
	return append(out, 0, protocol, byte(length>>8), byte(length))
}

func TestBuild(t *testing.T) {
	four := Spec{From: netip.MustParseAddr("10.77.0.1"), To: netip.MustParseAddr("10.77.0.2"), FromPort: 40000, ToPort: 7, Payload: []byte("odd")}
	six := four
	six.From, six.To = netip.MustParseAddr("fd00::1"), netip.MustParseAddr("fd00::2")
	for _, tt := range []struct {
		name     string
		spec     Spec
		protocol string
		number   byte
		header   int // bytes of the protocol's own
	}{
		{"UDP", four, UDP, 17, 8}, {"TCP", four, TCP, 6, 20}, {"ICMP", four, ICMP, 1, 8},
		{"UDP over IPv6", six, UDP, 17, 8}, {"TCP over IPv6", six, TCP, 6, 20}, {"ICMPv6", six, ICMP, 58, 8},
	} {
		for _, vlan := range []uint16{0, 42} {
			s := tt.spec
			s.Protocol, s.VLAN = tt.protocol, vlan
			frame, err := Build(s)
			if err != nil {
				t.Fatalf("%s: %v", tt.name, err)
			}
			at := 14
			if vlan != 0 {
				if binary.BigEndian.Uint16(frame[12:]) != 0x8100 || binary.BigEndian.Uint16(frame[14:]) != 42 {
					t.Errorf("%s: no tag in % x", tt.name, frame[:18])
				}
				at = 18
			}
			ip := frame[at:]
			length, own, number := 20, 20, ip[9]
			if s.From.Is6() {
				length, own, number = 40, 0, ip[6]
			}
			if want := length + tt.header + len(s.Payload); len(ip) != want || number != tt.number {
				t.Fatalf("%s: %d bytes of IP with protocol %d, want %d and %d", tt.name, len(ip), number, want, tt.number)
			}
			if own > 0 && sum(ip[:own]) != 0 {
				t.Errorf("%s: the header's checksum is wrong", tt.name)
			}
			above := ip[length:]
			covered := [][]byte{pseudo(s, tt.number, len(above)), above}
			if tt.number == 1 {
				covered = covered[1:]
			}
			if sum(covered...) != 0 {
				t.Errorf("%s: the checksum is wrong in % x", tt.name, above)
			}
			if tt.number == 17 || tt.number == 6 {
				if binary.BigEndian.Uint16(above) != 40000 || binary.BigEndian.Uint16(above[2:]) != 7 {
					t.Errorf("%s: ports % x", tt.name, above[:4])
				}
			}
		}
	}
}

func TestBuildRefuses(t *testing.T) {
	four, six := netip.MustParseAddr("10.77.0.1"), netip.MustParseAddr("fd00::2")
	for _, s := range []Spec{{From: four, To: six, Protocol: UDP}, {From: four, To: four, Protocol: "sctp"}} {
		if frame, err := Build(s); err == nil {
			t.Errorf("%+v: % x", s, frame)
		}
	}
}
