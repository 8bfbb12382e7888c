package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/verdict"
)

// packetProject makes a project of a file of testdata/packets, with the objects of C files.
func packetProject(t *testing.T, file string, sources ...string) string {
	t.Helper()
	clang, err := build.FindClang(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, source := range sources {
		object := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(source), ".c"), ".bpf") + ".o"
		out, err := exec.Command(clang.Path, "-O2", "-g", "-target", "bpf", "-I../../bpf/include", "-I/usr/include/x86_64-linux-gnu",
			"-c", source, "-o", filepath.Join(dir, object)).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	text, err := os.ReadFile(filepath.Join("testdata", "packets", file))
	if err != nil {
		t.Fatal(err)
	}
	project := filepath.Join(dir, "bpflab.yaml")
	if err := os.WriteFile(project, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return project
}

// packetCells checks a project and returns its cells.
func packetCells(t *testing.T, wantCode int, project string, args ...string) []verdict.Cell {
	t.Helper()
	out := filepath.Join(t.TempDir(), "check.json")
	bpflab(t, append([]string{"check", project, "--json", out, "--dir", t.TempDir()}, args...)...).want(t, wantCode)
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var result verdict.Result
	if err := json.Unmarshal(text, &result); err != nil {
		t.Fatal(err)
	}
	return result.Cells
}

// writePCAP writes packets into a pcap file.
func writePCAP(t *testing.T, file string, link layers.LinkType, packets ...[]byte) {
	t.Helper()
	var out bytes.Buffer
	w := pcapgo.NewWriter(&out)
	err := w.WriteFileHeader(1<<18, link)
	for _, p := range packets {
		if err == nil {
			err = w.WritePacket(gopacket.CaptureInfo{CaptureLength: len(p), Length: len(p)}, p)
		}
	}
	if err == nil {
		err = os.WriteFile(file, out.Bytes(), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// arp returns a frame within a frame, which a program that peels makes the inner one.
func arp(fill byte) []byte {
	header := []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 6}
	return slices.Concat(header, header, bytes.Repeat([]byte{fill}, 30))
}

// Programs of each type run as kernels can; the one that looks at the kernel's version is
// found, on the first kernel that is different.
func TestCheckPackets(t *testing.T) {
	needVMs(t)
	project := packetProject(t, "types.yaml", "testdata/packets/types.c", "testdata/packets/netfilter.c")
	dir := filepath.Dir(project)
	writePCAP(t, filepath.Join(dir, "in.pcap"), layers.LinkTypeEthernet, arp(1), arp(2), arp(3))
	writePCAP(t, filepath.Join(dir, "out.pcap"), layers.LinkTypeEthernet, arp(1)[14:], arp(2)[14:], arp(3)[14:])
	machines := map[string]bool{}
	for _, c := range packetCells(t, verdict.ExitFail, project, "--kernel", "5.10,6.1,6.12,latest", "--seed", "7") {
		machines[c.BootID] = true
		different := c.Lab == "another on new kernels" && c.Kernel.Selector == "6.12"
		if different != (c.Verdict == verdict.Fail) {
			t.Errorf("%s on %s: %s, %s", c.Lab, c.Kernel.Selector, c.Verdict, c.Reason)
		}
		if different && !strings.Contains(c.Steps[0].Seen, "6.12: returned XDP_TX (3); on 6.1 returned XDP_PASS (2); again: bpflab check") {
			t.Errorf("seen is %q", c.Steps[0].Seen)
		}
	}
	if len(machines) >= 44 {
		t.Errorf("%d machines: tests share none", len(machines))
	}
}

// The programs of two labs do the same on every kernel, whatever the packet.
func TestCheckFuzz(t *testing.T) {
	needVMs(t)
	project := packetProject(t, "labs.yaml", "../../bpf/xdp-drop.bpf.c", "../../bpf/tc-egress.bpf.c")
	for _, c := range packetCells(t, verdict.ExitOK, project, "--kernel", "5.10,6.1,6.12,latest") {
		if len(c.Steps) != 1 || !strings.HasPrefix(c.Steps[0].Seen, "10000 packets: ") {
			t.Errorf("%s on %s: %+v", c.Lab, c.Kernel.Selector, c.Steps)
		}
	}
}

// A program that never ends has its own verdict, and the tests after it go on.
func TestCheckEndless(t *testing.T) {
	needVMs(t)
	seen := map[string]string{"endless": "it does not end", "slow": "when the step's time was over"}
	cells := packetCells(t, verdict.ExitFail, packetProject(t, "endless.yaml", "testdata/packets/endless.c"), "--kernel", "6.12")
	if len(cells) != 3 || cells[2].Verdict != verdict.Pass {
		t.Errorf("%+v", cells)
	}
	for _, c := range cells[:2] {
		if c.Verdict != verdict.Timeout || !strings.Contains(c.Steps[0].Seen, seen[c.Lab]) {
			t.Errorf("%s: %s, %s, %+v", c.Lab, c.Verdict, c.Reason, c.Steps)
		}
	}
}

// A packet of 64 KiB is the kernel's to refuse, with the file and the packet's number.
func TestCheckLongPacket(t *testing.T) {
	needVMs(t)
	project := packetProject(t, "labs.yaml", "testdata/packets/types.c")
	writePCAP(t, filepath.Join(filepath.Dir(project), "long.pcap"), layers.LinkTypeEthernet, arp(1), make([]byte, 64<<10))
	text := "packets: [{name: long, object: types.o, checks: [{test_run: {program: mark, pcap: long.pcap, returns: TC_ACT_OK}}]}]\n"
	if err := os.WriteFile(project, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range packetCells(t, verdict.ExitFail, project, "--kernel", "6.1") {
		if want := "long.pcap: packet 2: the kernel did not run it: invalid argument; the packet has 65536 bytes"; !strings.Contains(c.Steps[0].Seen, want) {
			t.Errorf("seen is %q, want %q", c.Steps[0].Seen, want)
		}
	}
}

func TestCheckPacketsRefuses(t *testing.T) {
	project := packetProject(t, "types.yaml", "testdata/packets/types.c", "testdata/packets/netfilter.c")
	t.Chdir(filepath.Dir(project))
	writePCAP(t, "whole.pcap", layers.LinkTypeEthernet, arp(1), arp(2))
	writePCAP(t, "sll.pcap", layers.LinkTypeLinuxSLL, arp(1))
	writePCAP(t, "one.pcap", layers.LinkTypeEthernet, arp(1))
	whole, err := os.ReadFile("whole.pcap")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("cut.pcap", whole[:len(whole)-5], 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ run, says string }{
		{"{program: peel, pcap: none.pcap, returns: 1}", "there is no file none.pcap"},
		{"{program: peel, pcap: cut.pcap, returns: 1}", "cut.pcap: packet 2: the file is cut off here"},
		{"{program: peel, pcap: sll.pcap, returns: 1}", "sll.pcap: packet 1: its link type is 113"},
		{"{program: peel, pcap: whole.pcap, number: 3, returns: 1}", "whole.pcap has 2 packets, and no number 3"},
		{"{program: peel, pcap: whole.pcap, out_pcap: one.pcap}", "one.pcap has 1 packets, and there are 2 to run on"},
		{"{program: peel, returns: 1}", "peel is a program of the type XDP, which is run on a packet"},
		{"{program: lookup, packet: {udp: 7}, returns: 1}", "which is run on a context alone"},
		{"{program: add, context: {b: 1}, returns: 3}", `struct numbers has no field "b"`},
		{"{program: add, context: {a: 4294967296}, returns: 3}", "a: the value does not fit into it"},
		{"{program: add, context: {a: 1}, repeat: 2, returns: 3}", "kernels run only once"},
		{"{program: accept, packet: {udp: 7}, unchanged: true}", "types.o has no program accept"},
		{"{program: peel, fuzz: 10, maps: [run]}", "the object has no map run"},
	} {
		text := "packets:\n  - name: a\n    object: types.o\n    checks:\n      - test_run: " + tt.run + "\n"
		if err := os.WriteFile("bpflab.yaml", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		refused(t, tt.says, "check")
	}
}
