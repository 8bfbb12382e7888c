package verify

import "testing"

func TestNearSection(t *testing.T) {
	for section, want := range map[string]string{
		"kprob/sys_getdents64":             "kprobe/sys_getdents64",
		"tracepoints/sched/sched_switch":   "tracepoint/sched/sched_switch",
		"trace_point/sched/sched_switch":   "tracepoint/sched/sched_switch",
		"cgroup/conect4":                   "cgroup/connect4",
		"xdpp":                             "xdp",
		"fentry.x/do_exit":                 "fentry.s/do_exit",
		"text":                             "",
		"my/own":                           "",
		"something/altogether/else":        "",
		"":                                 "",
		"kprobe/an_unusually_long_name_of": "kprobe/an_unusually_long_name_of",
	} {
		if got := nearSection(section); got != want {
			t.Errorf("%q: %q, want %q", section, got, want)
		}
	}
}
