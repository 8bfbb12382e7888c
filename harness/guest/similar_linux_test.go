package guest

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestFunctions(t *testing.T) {
	const kallsyms = "ffff T __x64_sys_getdents64\nffff t __ia32_sys_getdents64\nffff D sys_table\nffff T __pfx_vfs_read\nffff W bpf_lsm_inode_unlink\n" +
		"ffff T vfs_read\t[module]\nffff t vfs_read\nffff t __arm64_sys_read\n"
	all := func(string) bool { return true }
	want := []string{"__ia32_sys_getdents64", "bpf_lsm_inode_unlink", "sys_getdents64", "sys_read", "vfs_read"}
	if got := functions([]byte(kallsyms), all); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := functions([]byte(kallsyms), func(name string) bool { return hasAll(name, wordsOf("do_vfs_read")) }); !slices.Equal(got, []string{"vfs_read"}) {
		t.Errorf("%q", got)
	}
}

func TestSimilarTracepoints(t *testing.T) {
	dir := t.TempDir()
	writeAll(t, dir, "syscalls/sys_enter_openat/format", "syscalls/sys_enter_openat2/format", "sched/sched_switch/format", "bpf_trace/enable")
	for tracepoint, want := range map[string][]string{
		"syscall/sys_enter_openat":  {"syscalls/sys_enter_openat", "syscalls/sys_enter_openat2"},
		"syscalls/sched_switch":     {"sched/sched_switch"},
		"nothing/of_all_that_there": nil,
	} {
		if got := similarTracepoints(dir, tracepoint); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", tracepoint, got, want)
		}
	}
}

func writeAll(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
