package changelog

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel/rpmtest"
)

// The changelog of a package that rpmbuild made is read.
func TestMadeByRPM(t *testing.T) {
	maker := rpmtest.New(t, "0")
	file := filepath.Join(t.TempDir(), "vmlinuz")
	if err := os.WriteFile(file, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	name := maker.Build(rpmtest.Package{Name: "kernel-core", Version: "5.14.0", Release: "427.el9", Files: map[string]string{"/boot/vmlinuz": file},
		Changelog: `* Thu Mar 14 2024 A Maintainer <a@example.org> [5.14.0-427.el9]
- bpf: fix precision backtracking (A Developer) [RHEL-1]
- ext4: something else
* Wed Mar 13 2024 A Maintainer <a@example.org> [5.14.0-426.el9]
- libbpf: more
`})
	got, err := Read(t.Context(), name)
	want := []Entry{
		{"2024-03-14 A Maintainer <a@example.org> [5.14.0-427.el9]", []string{"bpf: fix precision backtracking (A Developer) [RHEL-1]"}},
		{"2024-03-13 A Maintainer <a@example.org> [5.14.0-426.el9]", []string{"libbpf: more"}},
	}
	if about := AboutBPF(got); err != nil || !reflect.DeepEqual(about, want) {
		t.Errorf("got %q, %v, want %q", about, err, want)
	}
}
