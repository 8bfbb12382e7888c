package probe

import (
	"strings"
	"testing"
	"time"
)

func TestInsnLog(t *testing.T) {
	const gib = 1 << 30
	stats := func(insns, usec string) string {
		return "invalid access to packet\nverification time " + usec + " usec\nstack depth 0\nprocessed " + insns + " insns (limit 1000000)"
	}
	for name, c := range map[string]struct {
		terse string
		took  time.Duration
		free  int64
		want  int
	}{
		"short":                         {stats("40", "90"), time.Second, gib, logSize},
		"a million instructions":        {stats("1000001", "900"), time.Second, gib, 0},
		"more than fit the log":         {stats("40000", "900"), time.Second, gib, 0},
		"most that fit":                 {stats("32000", "900"), time.Second, gib, logSize},
		"took long":                     {stats("40", "2100000"), time.Second, gib, 0},
		"relocation took long":          {stats("40", "90"), time.Minute, gib, logSize},
		"no statistics":                 {"unknown opcode e5", time.Second, gib, logSize},
		"no statistics, took long":      {"", 3 * time.Second, gib, 0},
		"little memory":                 {stats("40", "90"), 0, 4 << 20, 256 << 10},
		"little memory, more than fits": {stats("1000", "90"), 0, 4 << 20, 0},
		"no memory":                     {stats("40", "90"), 0, 512 << 10, 0},
	} {
		if got := InsnLog(c.terse, c.took, c.free); got != c.want {
			t.Errorf("%s: %d bytes, want %d", name, got, c.want)
		}
	}
}

func TestTail(t *testing.T) {
	text := "first\nsecond\nthird"
	for size, want := range map[int]string{100: text, len(text): text, 12: "third", 8: "third", 3: "ird"} {
		if got := Tail(text, size); got != want {
			t.Errorf("%d bytes: %q, want %q", size, got, want)
		}
	}
	if got := Tail(strings.Repeat("x\n", 50), 10); got != "x\nx\nx\nx\n" {
		t.Errorf("%q", got)
	}
}

func TestExcerptKeepsTheComplaint(t *testing.T) {
	const stats = "verification time 90 usec\nprocessed 0 insns (limit 1000000)\n"
	long := strings.Repeat("an explanation of new kernels\n", LogTail/10)
	for name, tt := range map[string]struct{ log, want string }{
		"short":                    {"too many subprograms\n" + stats, "too many subprograms"},
		"a long explanation":       {"too many subprograms\n\nVerification failed: \n" + long + stats, "too many subprograms"},
		"many statistics":          {"too many subprograms\nstack depth 0" + strings.Repeat("+0", LogTail) + "\n" + stats, "too many subprograms"},
		"instructions before":      {strings.Repeat("0: (b7) r0 = 0\n", LogTail) + "R0 !read_ok\n" + stats, "R0 !read_ok"},
		"nothing but an empty log": {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := excerpt(tt.log)
			if Complaint(got) != tt.want || len(got) > LogTail {
				t.Errorf("complaint %q of %d bytes, want %q", Complaint(got), len(got), tt.want)
			}
		})
	}
}
