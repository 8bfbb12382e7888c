package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
)

// A program that drops UDP to port 7 and counts it, and another that shortens frames.
const testRunProgram = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} drops SEC(".maps");

SEC("xdp")
int drop(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 key = 0;
	__u64 *count;

	if (data + 42 > end || data[23] != 17 || data[36] != 0 || data[37] != 7)
		return XDP_PASS;
	count = bpf_map_lookup_elem(&drops, &key);
	if (count)
		__sync_fetch_and_add(count, 1);
	return XDP_DROP;
}

SEC("xdp")
int peel(struct xdp_md *ctx)
{
	return bpf_xdp_adjust_head(ctx, 14) ? XDP_ABORTED : XDP_TX;
}

SEC("tc")
int classify(struct __sk_buff *skb)
{
	return skb->len == 42 ? 2 : 0;
}
`

const testRunLab = `---
title: Packets
summary: Programs on packets.
program: p.bpf.c
starter: s.bpf.c
---

# Packets

## Run

<!-- bpflab
attach: [{program: drop, none: true}, {program: peel, none: true}, {program: classify, none: true}]
checks:
  - test_run: {program: drop, packet: {udp: 7}, repeat: 3, returns: XDP_DROP, unchanged: true}
  - test_run: {program: drop, packet: {udp: 8}, returns: XDP_PASS}
  - test_run: {program: drop, packet: {tcp: 7, payload: hello}, returns: XDP_PASS, unchanged: true}
  - test_run: {program: drop, packet: {udp: 7, from: "fd00::1", to: "fd00::2"}, returns: XDP_PASS}
  - test_run: {program: peel, data: 020000000001 020000000002 0800 112233445566778899aabbccddee, returns: XDP_TX, out: 112233445566778899aabbccddee}
  - test_run: {program: classify, packet: {icmp: true}, returns: TC_ACT_SHOT}
  - map: {name: drops, sum: 3}
-->
`

// testRunResult runs a lab that runs programs on packets.
func testRunResult(t *testing.T, wantCode int, lab string) verdict.Result {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "packets")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"lab.md": lab, "p.bpf.c": testRunProgram, "s.bpf.c": testRunProgram} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	o := bpflab(t, "run", filepath.Join(dir, "lab.md"))
	o.want(t, wantCode)
	return o.result
}

func TestTestRun(t *testing.T) {
	needVMs(t)
	result := testRunResult(t, verdict.ExitOK, testRunLab)
	if len(result.Cells) < 4 {
		t.Errorf("%d cells, want one for each kernel", len(result.Cells))
	}
	for _, c := range result.Cells {
		if c.Verdict != verdict.Pass || len(c.Steps) != 1 || len(c.Steps[0].Checks) != 7 {
			t.Errorf("%s: %s, %s, %+v", c.Kernel.Selector, c.Verdict, c.Reason, c.Steps)
		}
	}
}

// Each wrong expectation fails, and the check says what came out.
func TestTestRunFails(t *testing.T) {
	needVMs(t)
	for _, tt := range []struct{ name, was, is, seen string }{
		{"another return value", "{udp: 8}, returns: XDP_PASS", "{udp: 8}, returns: XDP_DROP", "returned XDP_PASS (2)"},
		{"another packet", "out: 112233", "out: 112234", "differs from byte 2 on"},
		{"a packet too short", "data: 020000000001 020000000002 0800 112233445566778899aabbccddee, returns: XDP_TX, out: 112233445566778899aabbccddee", "data: '0200', returns: XDP_TX", "kernels take 14 and more"},
		{"another count", "sum: 3", "sum: 4", "3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if strings.Count(testRunLab, tt.was) != 1 {
				t.Fatalf("%q is not there once", tt.was)
			}
			lab := strings.Replace(testRunLab, tt.was, tt.is, 1)
			lab = strings.Replace(lab, "starter:", "kernels: \">=6.1 <6.2\"\nstarter:", 1)
			result := testRunResult(t, verdict.ExitFail, lab)
			if len(result.Cells) != 1 || result.Cells[0].Verdict != verdict.Fail || !strings.Contains(result.Cells[0].Steps[0].Seen, tt.seen) {
				t.Errorf("%+v, want what was seen to have %q", result.Cells, tt.seen)
			}
		})
	}
}
