package lab

import (
	"strings"
	"testing"
)

// testRunOf returns the check of a step that loads p.c.
func testRunOf(t *testing.T, yaml string) (*TestRun, error) {
	t.Helper()
	l, err := ParseBytes("labs/x/lab.md", []byte(inStep("checks:\n  - test_run: "+yaml)))
	if err != nil {
		return nil, err
	}
	return l.Steps[0].Checks[0].TestRun, nil
}

func TestTestRun(t *testing.T) {
	for _, tt := range []struct{ yaml, expected string }{
		{"{program: drop, packet: {udp: 7}, returns: XDP_DROP}", "program drop on UDP to 10.77.0.2 port 7: returns XDP_DROP (1)"},
		{"{program: drop, packet: {tcp: 80, from: 'fd00::1', to: 'fd00::2'}, returns: -1}", "program drop on TCP to fd00::2 port 80: returns -1"},
		{"{program: drop, data: 00 01 ff, returns: 0x10, unchanged: true}", "program drop: returns 16, leaves the packet unchanged"},
		{"{program: drop, packet: {icmp: true, vlan: 5}, out: '0001'}", "program drop on ICMP to 10.77.0.2: makes it 0001"},
		{"{program: drop, fuzz: 10}", "program drop on 10 packets of seed 1: the same on every kernel"},
		{"{program: drop, fuzz: 10, seed: 7, maps: [m], packet: {udp: 7}, returns: 2}", "program drop on 10 packets of seed 7, made of UDP to 10.77.0.2 port 7: returns 2, the same on every kernel"},
		{"{program: drop, data: '00', context: {mark: 7, \"cb[0]\": 1}, context_out: {mark: 8}}", "program drop: the context has mark=8"},
	} {
		r, err := testRunOf(t, tt.yaml)
		if err != nil {
			t.Errorf("%s: %v", tt.yaml, err)
			continue
		}
		if got := (Check{TestRun: r}).Expected(); got != tt.expected {
			t.Errorf("%s: %q, want %q", tt.yaml, got, tt.expected)
		}
		if input, err := r.Inputs(); err != nil || len(input) != max(1, r.Fuzz) || len(input[0]) == 0 {
			t.Errorf("%s: input % x, error %v", tt.yaml, input, err)
		}
	}
}

func TestTestRunRefuses(t *testing.T) {
	for _, tt := range []struct{ yaml, says string }{
		{"{program: drop, packet: {udp: 7}}", "test_run needs returns, returned, out, out_pcap, unchanged, context_out or fuzz"},
		{"{program: drop, packet: {udp: 7, tcp: 7}, returns: 1}", "a packet has both udp and tcp"},
		{"{program: drop, packet: {sport: 7}, returns: 1}", "a packet needs one of udp, tcp or icmp"},
		{"{program: drop, packet: {udp: 7, from: 'fd00::1'}, returns: 1}", "fd00::1 and 10.77.0.2 are not of one version of IP"},
		{"{program: drop, packet: {udp: 7}, data: '00', returns: 1}", "test_run has both data and packet"},
		{"{program: drop, data: 0, returns: 1}", `"0" is no bytes`},
		{"{program: drop, data: zz, returns: 1}", `"zz" is no bytes`},
		{"{program: drop, data: '00', returns: XDP_DRPO}", `did you mean "XDP_DROP"?`},
		{"{program: drop, data: '00', returns: 4294967296}", "does not fit into 32 bits"},
		{"{program: drop, packet: {udp: 70000}, returns: 1}", "udp is 70000"},
		{"{program: drop, packet: {udp: 7, from: nowhere}, returns: 1}", "nowhere"},
		{"{packet: {udp: 7}, returns: 1}", "test_run has no program"},
		{"{program: drop, pcap: a.pcap, data: '00', returns: 1}", "test_run has both data and pcap"},
		{"{program: drop, number: 2, returns: 1}", "number is for pcap, and test_run has none"},
		{"{program: drop, data: '00', out_pcap: a.pcap}", "out_pcap is for pcap, and test_run has none"},
		{"{program: drop, data: '00', returns: 1, seed: 3}", "seed is for fuzz, and test_run has none"},
		{"{program: drop, data: '00', returns: 1, maps: [m]}", "maps is for fuzz, and test_run has none"},
		{"{program: drop, fuzz: 0}", "fuzz is 0: want 1 to 100000"},
		{"{program: drop, fuzz: 3, repeat: 2}", "test_run has both fuzz and repeat"},
		{"{program: drop, pcap: a.pcap, out: '00'}", "out is for one packet, and pcap may have several; name one packet with number"},
		{"{program: drop, pcap: a.pcap, returned: {XDP_DRPO: 1}}", `did you mean "XDP_DROP"?`},
		{"{program: drop, data: '00', returns: 1, context: {mark: true}}", "the field mark of context wants a whole number or an IP address"},
	} {
		if _, err := testRunOf(t, tt.yaml); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: error %v, want %q", tt.yaml, err, tt.says)
		}
	}
}

func TestReturnLike(t *testing.T) {
	var xdp, number Return
	if err := xdp.UnmarshalText([]byte("XDP_DROP")); err != nil {
		t.Fatal(err)
	}
	if err := number.UnmarshalText([]byte("1")); err != nil {
		t.Fatal(err)
	}
	if got := xdp.Like(2).String() + " " + xdp.Like(99).String() + " " + number.Like(2).String(); got != "XDP_PASS (2) 99 2" {
		t.Error(got)
	}
}
