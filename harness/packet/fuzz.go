package packet

import (
	"encoding/binary"
	"net/netip"
)

// Fuzz makes packets out of others. The packet with an index follows from the seed, the base
// and the index alone.
type Fuzz struct {
	Seed uint64
	Base [][]byte // what is mutated; not empty
	Min  int      // least bytes of a packet; shorter ones are filled with zeros
}

const (
	// randomOnes is how many mutated packets one wholly random packet comes with.
	randomOnes = 16
	// maxMutations is how many mutations one packet has at most.
	maxMutations = 4
	// mostRandom is the most bytes of a random packet: an Ethernet frame of the usual MTU.
	mostRandom = 1514
	// mostGrown is how many bytes a mutation makes a packet longer, at most.
	mostGrown = 64
)

// Packet returns the packet with an index: first those of the base as they are, then
// mutated ones and, now and then, a wholly random one.
func (f Fuzz) Packet(index int) []byte {
	var out []byte
	r := randomFor(f.Seed, index)
	switch {
	case index < len(f.Base):
		out = append(out, f.Base[index]...)
	case r.below(randomOnes+1) == 0:
		out = make([]byte, 1+r.below(mostRandom))
		r.fill(out)
	default:
		out = append(out, f.Base[r.below(len(f.Base))]...)
		for range 1 + r.below(maxMutations) {
			out = mutations[r.below(len(mutations))](r, out)
		}
	}
	if len(out) < f.Min {
		out = append(out, make([]byte, f.Min-len(out))...)
	}
	return out
}

// mutations change a packet, which has a byte at least, and leave it one. Their order is
// part of what a seed means.
var mutations = []func(*random, []byte) []byte{flipBit, setByte, setWord, addToWord, truncate, extend, copyPart, etherType, ipField, portField}

func flipBit(r *random, p []byte) []byte {
	p[r.below(len(p))] ^= 1 << r.below(8)
	return p
}

func setByte(r *random, p []byte) []byte {
	at := r.below(len(p))
	if r.below(2) == 0 {
		p[at] = []byte{0, 1, 0x7f, 0x80, 0xff}[r.below(5)]
	} else {
		p[at] = byte(r.next())
	}
	return p
}

// word returns two bytes of a packet at an even offset, nil if it has fewer.
func word(r *random, p []byte) []byte {
	if len(p) < 2 {
		return nil
	}
	at := 2 * r.below(len(p)/2)
	return p[at : at+2]
}

func setWord(r *random, p []byte) []byte {
	if w := word(r, p); w != nil {
		binary.BigEndian.PutUint16(w, []uint16{0, 1, 0x7fff, 0x8000, 0xffff, uint16(len(p)), uint16(r.next())}[r.below(7)])
	}
	return p
}

func addToWord(r *random, p []byte) []byte {
	if w := word(r, p); w != nil {
		binary.BigEndian.PutUint16(w, binary.BigEndian.Uint16(w)+uint16(1+r.below(8))-4)
	}
	return p
}

func truncate(r *random, p []byte) []byte { return p[:1+r.below(len(p))] }

func extend(r *random, p []byte) []byte {
	more := make([]byte, 1+r.below(mostGrown))
	r.fill(more)
	return append(p, more...)
}

// copyPart writes a part of a packet over another part of it.
func copyPart(r *random, p []byte) []byte {
	from, to := r.below(len(p)), r.below(len(p))
	n := 1 + r.below(16)
	copy(p[to:min(len(p), to+n)], append([]byte(nil), p[from:min(len(p), from+n)]...))
	return p
}

// etherTypes are protocols that programs look for above Ethernet.
var etherTypes = []uint16{0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8, 0x8847, 0x8864, 0x05dc}

func etherType(r *random, p []byte) []byte {
	if len(p) >= ethernetHeader {
		binary.BigEndian.PutUint16(p[ethernetHeader-2:], etherTypes[r.below(len(etherTypes))])
	}
	return p
}

// ipField changes a field that says how an IP header is read: version and length, total
// length, fragment, protocol; of IPv6, the next header.
func ipField(r *random, p []byte) []byte {
	const header = 20
	if len(p) < ethernetHeader+header {
		return p
	}
	ip := p[ethernetHeader:]
	next := []byte{0, 1, 4, 6, 17, 41, 43, 44, 47, 50, 58, 59, 60, 132, 255}
	switch r.below(5) {
	case 0:
		ip[0] = ip[0]&0xf0 | byte(r.below(16))
	case 1:
		binary.BigEndian.PutUint16(ip[2:], uint16(r.below(2*len(p))))
	case 2:
		binary.BigEndian.PutUint16(ip[6:], []uint16{0, 0x2000, 0x4000, 1, 0x1fff, 0x2001}[r.below(6)])
	case 3:
		ip[9] = next[r.below(len(next))]
	default:
		ip[6] = next[r.below(len(next))]
	}
	return p
}

// portField changes a port behind an IP header without options: by one, or to a well-known one.
func portField(r *random, p []byte) []byte {
	const header = 20
	at := ethernetHeader + header + 2*r.below(2)
	if len(p) < at+2 {
		return p
	}
	port := binary.BigEndian.Uint16(p[at:])
	binary.BigEndian.PutUint16(p[at:], []uint16{port + 1, port - 1, 22, 53, 80, 443, 6081, uint16(r.next())}[r.below(8)])
	return p
}

// Common returns frames to mutate where there are no others: UDP, TCP and ICMP over IPv4 and
// IPv6, and UDP with a VLAN tag.
func Common() [][]byte {
	four := [2]netip.Addr{netip.AddrFrom4([4]byte{10, 77, 0, 1}), netip.AddrFrom4([4]byte{10, 77, 0, 2})}
	six := [2]netip.Addr{netip.MustParseAddr("fd00::1"), netip.MustParseAddr("fd00::2")}
	var out [][]byte
	for _, s := range []Spec{
		{Protocol: UDP, ToPort: 53}, {Protocol: TCP, ToPort: 80}, {Protocol: ICMP}, {Protocol: UDP, ToPort: 53, VLAN: 5},
	} {
		for _, between := range [][2]netip.Addr{four, six} {
			s.From, s.To, s.FromPort, s.Payload = between[0], between[1], 40000, []byte("0123456789abcdef")
			frame, err := Build(s)
			if err != nil {
				panic(err) // these fit together
			}
			out = append(out, frame)
		}
	}
	return out
}
