package workshop

import (
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/wire"
)

func TestDiagnose(t *testing.T) {
	trace := lab.Step{Action: lab.Action{Checks: []lab.Check{{Trace: &lab.Trace{Comm: "ls"}}}}}
	attached := session.Single{Step: verdict.Step{Notes: []string{"hello attached"}, Checks: []verdict.Check{{}}}}
	seen := func(text string) session.Single { return session.Single{Step: verdict.Step{Seen: text}} }
	for name, c := range map[string]struct {
		f    findings
		want string // in the one diagnosis; "" for none
	}{
		"all is well":            {findings{step: trace, health: wire.Health{FreeMemory: 1 << 30}, code: "bpf_printk"}, ""},
		"no shell":               {findings{health: wire.Health{NoShell: true}}, "/bin/sh"},
		"many processes":         {findings{health: wire.Health{Processes: 5000}}, "5000 processes"},
		"no room":                {findings{single: seen("fork: resource temporarily unavailable")}, "hardly start"},
		"no memory":              {findings{health: wire.Health{FreeMemory: 1 << 20}}, "1 MiB"},
		"two readers":            {findings{step: trace, code: "bpf_printk", health: wire.Health{TraceReaders: []wire.Process{{PID: 7, Comm: "cat"}}}}, "cat (process 7)"},
		"reader unasked":         {findings{health: wire.Health{TraceReaders: []wire.Process{{PID: 7, Comm: "cat"}}}}, ""},
		"tracing off":            {findings{step: trace, code: "bpf_printk", health: wire.Health{TracingOff: true}}, "switched off"},
		"no tracefs":             {findings{health: wire.Health{NoTracefs: true}}, "not mounted"},
		"LSM not listed":         {findings{single: session.Single{Programs: []wire.Program{{Type: "LSM"}}}, health: wire.Health{LSMs: "yama,apparmor"}}, "yama,apparmor"},
		"LSM listed":             {findings{single: session.Single{Programs: []wire.Program{{Type: "LSM"}}}, health: wire.Health{LSMs: "yama,bpf"}}, ""},
		"never ran":              {findings{single: attached, health: wire.Health{Runs: []wire.ProgramRun{{Name: "hello"}}}}, "did not run once"},
		"ran and is quiet":       {findings{step: trace, single: attached, health: wire.Health{Runs: []wire.ProgramRun{{Name: "hello", Runs: 3}}}}, "ran 3 times"},
		"size of a pointer":      {findings{step: trace, code: `char *text = "%d\n"; bpf_trace_printk(text, sizeof(text), 1);`}, "sizeof(text)"},
		"size of an array":       {findings{step: trace, code: `char text[] = "%d\n"; bpf_trace_printk(text, sizeof(text), 1);`}, ""},
		"no such file":           {findings{single: seen(`program entry (section "uprobe//bin/bnak:withdraw"): stat executable: stat /bin/bnak: no such file or directory`)}, "/bin/bnak"},
		"XDP's answer in tc":     {findings{code: "SEC(\"tc/egress\")\nint egress(struct __sk_buff *skb)\n{\n\treturn XDP_DROP;\n}\n"}, "line 4: egress returns XDP_DROP"},
		"tc's answer in XDP":     {findings{code: "SEC(\"xdp\")\nint pass(struct xdp_md *ctx)\n{\n\treturn a ? TC_ACT_OK : XDP_DROP;\n}\n"}, "line 4: pass returns TC_ACT_OK"},
		"a program not loaded":   {findings{step: lab.Step{Action: lab.Action{Load: []string{"other"}}}, code: "SEC(\"xdp\")\nint pass(struct xdp_md *ctx)\n{\n\treturn TC_ACT_OK;\n}\n"}, ""},
		"answers of their hooks": {findings{code: "SEC(\"tc/egress\")\nint egress(struct __sk_buff *skb)\n{\n\treturn TC_ACT_OK;\n}\n\nSEC(\"xdp\")\nint pass(struct xdp_md *ctx)\n{\n\treturn XDP_PASS;\n}\n"}, ""},
		"no bpf_htons":           {findings{code: "\n\tif (eth->h_proto != ETH_P_IP || ip->protocol != IPPROTO_UDP)\n"}, "line 2 compares h_proto"},
		"no bpf_htons, a copy":   {findings{code: "\tport = udp->dest;\n\tif (port == BLOCKED_PORT)\n"}, "line 2 compares port"},
		"with bpf_htons":         {findings{code: "if (eth->h_proto != bpf_htons(ETH_P_IP) || udp->dest == 0) port = bpf_ntohs(udp->dest);\nif (port == 7777)"}, ""},
		"not licensed":           {findings{single: session.Single{Step: verdict.Step{Log: "cannot call GPL-restricted function from non-GPL compatible program"}}}, "licence"},
	} {
		got := diagnose(c.f)
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.Contains(got[0].Text, c.want) || got[0].Fix == "") {
			t.Errorf("%s: %+v, want %q", name, got, c.want)
		}
	}
}

// TestMissingSymbol feeds messages of cilium/ebpf about functions that are missing.
func TestMissingSymbol(t *testing.T) {
	for seen, want := range map[string]string{
		`program hello (section "kprobe/sys_getdents65"): creating perf_kprobe PMU (arch-specific fallback for "sys_getdents65"): token __x64_sys_getdents65: not found: no such file or directory`: "sys_getdents65",
		`program fails (section "kprobe/do_exits"): creating perf_kprobe PMU (arch-specific fallback for "do_exits"): token __x64_do_exits: not found: no such file or directory`:                   "do_exits",
		`program entry (section "uprobe//bin/bank:with"): symbol with: not found`:                                                                                                                   "with",
		"permission denied": "",
	} {
		if got := missingSymbol(seen); got != want {
			t.Errorf("%q of %q, want %q", got, seen, want)
		}
	}
}
