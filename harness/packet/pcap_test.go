package packet

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// pcapOf writes packets into a pcap file of a link type.
func pcapOf(tb testing.TB, link layers.LinkType, packets ...[]byte) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := pcapgo.NewWriter(&out)
	if err := w.WriteFileHeader(1<<18, link); err != nil {
		tb.Fatal(err)
	}
	for _, p := range packets {
		info := gopacket.CaptureInfo{Timestamp: time.Unix(1, 0), CaptureLength: len(p), Length: len(p)}
		if err := w.WritePacket(info, p); err != nil {
			tb.Fatal(err)
		}
	}
	return out.Bytes()
}

// pcapngOf writes packets into a pcapng file, of whose interfaces each has the next link type.
func pcapngOf(tb testing.TB, links []layers.LinkType, packets ...[]byte) []byte {
	tb.Helper()
	var out bytes.Buffer
	w, err := pcapgo.NewNgWriterInterface(&out, pcapgo.NgInterface{LinkType: links[0], SnapLength: 0}, pcapgo.NgWriterOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	for _, link := range links[1:] {
		if _, err := w.AddInterface(pcapgo.NgInterface{LinkType: link}); err != nil {
			tb.Fatal(err)
		}
	}
	for i, p := range packets {
		info := gopacket.CaptureInfo{Timestamp: time.Unix(1, 0), CaptureLength: len(p), Length: len(p), InterfaceIndex: i % len(links)}
		if err := w.WritePacket(info, p); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func zipped(tb testing.TB, file []byte) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(file)
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func TestReadCapture(t *testing.T) {
	frames := Common()
	four, six := frames[0], frames[1]
	raw := func(frame []byte) []byte { return frame[ethernetHeader:] }
	for _, tt := range []struct {
		name string
		file []byte
		want [][]byte
	}{
		{"Ethernet", pcapOf(t, layers.LinkTypeEthernet, frames...), frames},
		{"raw IP", pcapOf(t, layers.LinkTypeRaw, raw(four), raw(six)), [][]byte{four, six}},
		{"raw IP by another number", pcapOf(t, 12, raw(six)), [][]byte{six}},
		{"IPv4", pcapOf(t, layers.LinkTypeIPv4, raw(four)), [][]byte{four}},
		{"pcapng", pcapngOf(t, []layers.LinkType{layers.LinkTypeEthernet}, frames...), frames},
		{"pcapng of two links", pcapngOf(t, []layers.LinkType{layers.LinkTypeEthernet, layers.LinkTypeRaw}, four, raw(six)), [][]byte{four, six}},
		{"zipped", zipped(t, pcapOf(t, layers.LinkTypeEthernet, four)), [][]byte{four}},
		{"pcapng, zipped", zipped(t, pcapngOf(t, []layers.LinkType{layers.LinkTypeEthernet}, four)), [][]byte{four}},
		{"64 KiB", pcapOf(t, layers.LinkTypeEthernet, make([]byte, 64<<10)), [][]byte{make([]byte, 64<<10)}},
	} {
		got, err := ReadCapture("in.pcap", tt.file)
		if err != nil || len(got) != len(tt.want) {
			t.Errorf("%s: %d packets, error %v, want %d", tt.name, len(got), err, len(tt.want))
			continue
		}
		for i := range got {
			if !bytes.Equal(got[i], tt.want[i]) {
				t.Errorf("%s: packet %d is\n%x, want\n%x", tt.name, i+1, got[i], tt.want[i])
			}
		}
	}
}

func TestReadCaptureRefuses(t *testing.T) {
	frames := Common()
	two := pcapOf(t, layers.LinkTypeEthernet, frames[0], frames[1])
	ng := pcapngOf(t, []layers.LinkType{layers.LinkTypeEthernet}, frames[0], frames[1])
	short := pcapOf(t, layers.LinkTypeEthernet, frames[0])
	short[24+12]++ // the packet's length, of which less was captured
	for _, tt := range []struct {
		name string
		file []byte
		says string
	}{
		{"nothing", nil, "in.pcap: the file is empty"},
		{"no capture", []byte("GET / HTTP/1.1"), "in.pcap: it begins with 47 45 54 20, and neither pcap nor pcapng does"},
		{"two bytes", two[:2], "in.pcap: the file is cut off here"},
		{"half a header", two[:20], "in.pcap: the file is cut off here"},
		{"no packet", two[:24], "in.pcap has no packet"},
		{"within the second packet", two[:len(two)-3], "in.pcap: packet 2: the file is cut off here"},
		{"within the second packet's header", two[:24+16+len(frames[0])+5], "in.pcap: packet 2: the file is cut off here"},
		{"within a packet of pcapng", ng[:len(ng)-7], "in.pcap: packet 2: the file is cut off here"},
		{"within gzip", zipped(t, two)[:60], "in.pcap: packet 1: the file is cut off here"},
		{"another link", pcapOf(t, layers.LinkTypeLinuxSLL, frames[0]), "in.pcap: packet 1: its link type is 113 (Linux SLL): only Ethernet (1) and raw IP"},
		{"another link of pcapng", pcapngOf(t, []layers.LinkType{layers.LinkTypeEthernet, layers.LinkTypeLinuxSLL}, frames[0], frames[1]), "in.pcap: packet 2: its link type is 113"},
		{"raw IP that is none", pcapOf(t, layers.LinkTypeRaw, []byte{0x15, 1, 2}), "in.pcap: packet 1: it is to be raw IP"},
		{"cut packets", short, "in.pcap: packet 1: only"},
		{"an empty packet", pcapOf(t, layers.LinkTypeEthernet, frames[0], nil), "in.pcap: packet 2: it has no bytes"},
		{"too long", pcapOf(t, layers.LinkTypeEthernet, make([]byte, MaxSize+1)), "in.pcap: packet 1: it has 65550 bytes"},
	} {
		if got, err := ReadCapture("in.pcap", tt.file); err == nil || !strings.HasPrefix(err.Error(), tt.says) {
			t.Errorf("%s: %d packets, error %v, want %q", tt.name, len(got), err, tt.says)
		}
	}
}

// FuzzReadCapture wants packets that may be run, or an error that names the file.
func FuzzReadCapture(f *testing.F) {
	frames := Common()
	f.Add(pcapOf(f, layers.LinkTypeEthernet, frames...))
	f.Add(pcapOf(f, layers.LinkTypeRaw, frames[0][ethernetHeader:]))
	f.Add(pcapngOf(f, []layers.LinkType{layers.LinkTypeEthernet, layers.LinkTypeRaw}, frames[0], frames[1][ethernetHeader:]))
	f.Add(zipped(f, pcapOf(f, layers.LinkTypeEthernet, frames[0])))
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := ReadCapture("in.pcap", file)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "in.pcap") {
				t.Fatal(err)
			}
			return
		}
		if len(got) == 0 {
			t.Fatal("no packet and no error")
		}
		for i, p := range got {
			if len(p) == 0 || len(p) > MaxSize {
				t.Fatalf("packet %d has %d bytes", i+1, len(p))
			}
		}
	})
}
