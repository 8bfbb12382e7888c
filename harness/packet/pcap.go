package packet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

const (
	// MaxSize is the most bytes that a packet has: an IP packet's (its length has 16 bits),
	// and an Ethernet header.
	MaxSize = 65535 + ethernetHeader

	// MaxCapture is how many packets of a capture are read at most.
	MaxCapture = 100_000

	// maxCaptured is how many bytes the packets of a capture have together, at most.
	maxCaptured = 64 << 20
)

// Magic numbers of captures, as their first four bytes: of pcapng's section header
// (draft-ietf-opsawg-pcapng, 4.1), and of gzip (RFC 1952).
var (
	magicNG   = []byte{0x0a, 0x0d, 0x0d, 0x0a}
	magicGzip = []byte{0x1f, 0x8b}
)

// Link types of packets without a link layer (www.tcpdump.org/linktypes.html). Number 12 is
// what Linux's libpcap calls raw IP in memory, and some programs write it to files.
var rawLinks = []layers.LinkType{layers.LinkTypeRaw, layers.LinkTypeIPv4, layers.LinkTypeIPv6, 12}

// ReadCapture returns the packets of a pcap or pcapng file of that name, as Ethernet frames:
// packets of raw IP get an Ethernet header. Compressed files (gzip) are read too. Errors name
// the file and, from 1, the packet; a file without a packet is one.
func ReadCapture(name string, file []byte) ([][]byte, error) {
	next, err := openCapture(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, cutOff(err))
	}
	var all [][]byte
	for total := 0; ; {
		data, err := next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			total += len(data)
			err = tooMuch(len(all), total)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: packet %d: %w", name, len(all)+1, cutOff(err))
		}
		all = append(all, data)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no packet", name)
	}
	return all, nil
}

func tooMuch(packets, bytes int) error {
	if packets >= MaxCapture || bytes > maxCaptured {
		return fmt.Errorf("a capture of more than %d packets, or of more than %d MiB, is not read: cut it with editcap or tcpdump -c", MaxCapture, maxCaptured>>20)
	}
	return nil
}

// openCapture returns what reads a capture's next packet, as an Ethernet frame.
func openCapture(file []byte) (func() ([]byte, error), error) {
	if len(file) == 0 {
		return nil, errors.New("the file is empty")
	}
	read, links, err := openEither(file)
	if err != nil {
		return nil, err
	}
	return func() ([]byte, error) {
		data, info, err := read()
		if err != nil {
			return nil, err
		}
		return frameOf(data, info, links(info))
	}, nil
}

type (
	reader func() ([]byte, gopacket.CaptureInfo, error)
	linker func(gopacket.CaptureInfo) layers.LinkType
)

// openEither opens a pcap or a pcapng file.
func openEither(file []byte) (reader, linker, error) {
	kind := file
	if bytes.HasPrefix(file, magicGzip) {
		kind = beginning(file)
	}
	if bytes.HasPrefix(kind, magicNG) {
		ng, err := pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.NgReaderOptions{WantMixedLinkType: true})
		if err != nil {
			return nil, nil, err
		}
		return ng.ReadPacketData, func(info gopacket.CaptureInfo) layers.LinkType {
			link, _ := info.AncillaryData[0].(layers.LinkType)
			return link
		}, nil
	}
	if len(kind) >= 4 && !isPcap(kind) {
		return nil, nil, fmt.Errorf("it begins with % x, and neither pcap nor pcapng does", kind[:4])
	}
	pcap, err := pcapgo.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, nil, err
	}
	return pcap.ReadPacketData, func(gopacket.CaptureInfo) layers.LinkType { return pcap.LinkType() & 0xffff }, nil // above are the bits of a checksum's length
}

// isPcap reports whether a file begins with pcap's magic number, of either byte order, with
// times in micro- or nanoseconds (draft-ietf-opsawg-pcap, 4).
func isPcap(file []byte) bool {
	return slices.Contains([]uint32{0xa1b2c3d4, 0xa1b23c4d, 0xd4c3b2a1, 0x4d3cb2a1}, binary.LittleEndian.Uint32(file))
}

// frameOf returns a captured packet as an Ethernet frame.
func frameOf(data []byte, info gopacket.CaptureInfo, link layers.LinkType) ([]byte, error) {
	if info.CaptureLength < info.Length {
		return nil, fmt.Errorf("only %d of its %d bytes were captured: capture whole packets (tcpdump -s 0)", info.CaptureLength, info.Length)
	}
	if slices.Contains(rawLinks, link) {
		header, err := headerFor(data)
		if err != nil {
			return nil, err
		}
		data = append(header, data...)
	} else if link != layers.LinkTypeEthernet {
		return nil, fmt.Errorf("its link type is %d (%s): only Ethernet (1) and raw IP (101, 228, 229) are read", link, link)
	}
	if len(data) == 0 {
		return nil, errors.New("it has no bytes")
	}
	if len(data) > MaxSize {
		return nil, fmt.Errorf("it has %d bytes: no Ethernet frame has more than %d", len(data), MaxSize)
	}
	return data, nil
}

// headerFor returns an Ethernet header for an IP packet.
func headerFor(ip []byte) ([]byte, error) {
	above := layers.EthernetTypeIPv4
	switch {
	case len(ip) > 0 && ip[0]>>4 == 6:
		above = layers.EthernetTypeIPv6
	case len(ip) == 0 || ip[0]>>4 != 4:
		return nil, errors.New("it is to be raw IP, and begins with neither version 4 nor 6")
	}
	header := slices.Concat(toMAC, fromMAC)
	return binary.BigEndian.AppendUint16(header, uint16(above)), nil
}

// cutOff returns an error in words, if it is that a file ends too soon.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the file is cut off here")
	}
	return err
}
