package main

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// fact is a sentence of docs/tutorial-facts.md or of a lab's lesson, and what testdata/facts
// sees of it.
type fact struct {
	lab   string            // the lesson's; "" for docs/tutorial-facts.md
	cites string            // part of the sentence
	tried string            // the program's line
	seen  string            // on all kernels
	but   map[string]string // on some
}

var facts = []fact{
	{"", "second reader gets `EBUSY`", "trace_pipe, first reader", "ok", nil},
	{"", "second reader gets `EBUSY`", "trace_pipe, second reader", "EBUSY", map[string]string{"local:4.19": "ok"}},
	{"", "six strings", "licence GPL", "ok", nil},
	{"", "six strings", "licence GPL v2", "ok", nil},
	{"", "six strings", "licence GPL and additional rights", "ok", nil},
	{"", "six strings", "licence Dual BSD/GPL", "ok", nil},
	{"", "six strings", "licence Dual MIT/GPL", "ok", nil},
	{"", "six strings", "licence Dual MPL/GPL", "ok", nil},
	{"", "SPDX's `GPL-2.0`", "licence GPL-2.0", "EINVAL", nil},
	{"", "SPDX's `GPL-2.0`", "licence GPL-2.0-only", "EINVAL", nil},
	{"", "six strings", "licence gpl", "EINVAL", nil},
	{"", "six strings", "licence Dual BSD", "EINVAL", nil},
	{"", "socket filters and `cgroup_skb`", "user loads socket filter", "ok", nil},
	{"", "socket filters and `cgroup_skb`", "user loads cgroup_skb", "ok", nil},
	{"", "socket filters and `cgroup_skb`", "user loads xdp", "EPERM", nil},
	{"", "socket filters and `cgroup_skb`", "user loads tracepoint", "EPERM", nil},
	{"", "socket filters and `cgroup_skb`", "user loads cgroup connect4", "EPERM", nil},
	{"", "the cgroup in which it was made", "socket from outside, process inside", "ECONNREFUSED", nil},
	{"", "the cgroup in which it was made", "socket from inside, process outside", "EPERM", nil},
	{"", "`do_unlinkat`", "function do_unlinkat", "ok", map[string]string{"latest": "ENOENT"}},

	{"tail-calls", "others are refused with `EINVAL`", "program array, first type", "ok", nil},
	{"tail-calls", "others are refused with `EINVAL`", "program array, another type", "EINVAL", nil},
	{"tail-calls", "Both in one program came with 5.10", "function and tail call", "ok", on419("EINVAL")},
	{"cgroup-connect", "in some stable releases of 4.19", "recvmsg4", "ok", nil},
	{"cgroup-connect", "`cgroup/getpeername4`, `getsockname4`", "getpeername4", "ok", on419("EINVAL")},
	{"cgroup-connect", "on 6.1, 6.12 and 7.3 a `connect4` program may call it", "bpf_set_retval in connect4", "ok", map[string]string{"local:4.19": "EINVAL", "5.10": "EINVAL"}},
	{"map-counters", "fails with `EEXIST`", "BPF_NOEXIST again", "EEXIST", nil},
	{"map-counters", "getdents64(3, /* 0 entries */, 32768)", "getdents64 of ls", "8000 8000", nil},
	{"ring-buffer", "A kernel before 5.8 does not know this type of map", "ring buffer of 4096 bytes", "ok", on419("EINVAL")},
	{"ring-buffer", "else the map is not made (`EINVAL`)", "ring buffer of 12288 bytes", "EINVAL", nil},
	{"own-tool", "`kernel.bpf_stats_enabled` set to 1 (since 5.1)", "bpf_stats_enabled", "ok", on419("ENOENT")},
	{"co-re", "it begins with the two bytes `9f eb`", "BTF begins with 9f eb", "ok", on419("ENOENT")},
	{"tracepoints", "has moved from 44 to 20", "offset of child_pid", "44", map[string]string{"latest": "20"}},
	{"tracepoints", "`group_dead`, which newer", "group_dead", "false", map[string]string{"latest": "true"}},
	{"tracepoints", "more than a thousand of them", "more than a thousand tracepoints", "true", on419(anything)},
}

// anything is seen where it depends on the configuration, which an imported kernel may have of its own.
const anything = "anything"

// on419 returns what is seen on 4.19 alone.
func on419(seen string) map[string]string { return map[string]string{"local:4.19": seen} }

// TestFactsAreCited looks for the sentences that TestTutorialFacts tries.
func TestFactsAreCited(t *testing.T) {
	for _, f := range facts {
		if text := pageOf(t, f.lab); !strings.Contains(text, f.cites) {
			t.Errorf("%s does not say %q", cmp.Or(f.lab, "docs/tutorial-facts.md"), f.cites)
		}
	}
}

// TestTutorialFacts tries on the default kernels, and on 4.19 where it was imported, what
// docs/tutorial-facts.md and the lessons state.
func TestTutorialFacts(t *testing.T) {
	needVMs(t)
	program := filepath.Join(t.TempDir(), "facts")
	build := exec.Command("go", "build", "-o", program, "./testdata/facts")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	kernels := slices.Clone(defaultSeries)
	if o := bpflab(t, "kernels", "list", "local:4.19"); o.code == 0 && strings.Contains(o.stdout, "local:4.19") {
		kernels = append(kernels, "local:4.19")
	}
	for _, kernel := range kernels {
		t.Run(kernel, func(t *testing.T) {
			o := executed(t, "", "--kernel", kernel, "--", program)
			o.want(t, 0)
			for _, f := range facts {
				want := f.seen
				if other := f.but[kernel]; other != "" {
					want = other
				}
				pattern := regexp.QuoteMeta(want)
				if want == anything {
					pattern = ".+"
				}
				if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(f.tried+": ") + pattern + `$`).MatchString(o.stdout) {
					t.Errorf("%s: want %s in\n%s", f.tried, want, o.stdout)
				}
			}
		})
	}
}

// pageOf returns a lab's lesson, or docs/tutorial-facts.md, with single spaces.
func pageOf(t *testing.T, lab string) string {
	t.Helper()
	path := filepath.Join("..", "..", "docs", "tutorial-facts.md")
	if lab != "" {
		path = filepath.Join("..", "..", "labs", lab, "lab.md")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(text)), " ")
}
