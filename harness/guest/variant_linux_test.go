package guest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

func TestEverySettingHasAKnob(t *testing.T) {
	for _, word := range kernel.Variants() {
		v, err := kernel.ParseVariant(word[1:])
		if err != nil {
			t.Fatal(err)
		}
		if name := v.Settings()[0].Name; knobs[name] == nil {
			t.Errorf("the agent does nothing about +%s", name)
		}
	}
}

func TestUnknownSettingIsUnmet(t *testing.T) {
	v := bootVariant{wanted: "warp=9"}
	v.apply()
	if len(v.unmet) != 1 || v.unmet[0].Setting != "warp=9" {
		t.Errorf("unmet: %v", v.unmet)
	}
}

// file returns a file of a directory of the test's.
func file(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestSetFile(t *testing.T) {
	ok := file(t, "1", 0o644)
	if err := setFile(ok, "0"); err != nil {
		t.Error(err)
	}
	const readOnly = "/proc/sys/kernel/osrelease"
	release, err := os.ReadFile(readOnly)
	if err != nil {
		t.Fatal(err)
	}
	if err := setFile(readOnly, strings.TrimSpace(string(release))); err != nil {
		t.Errorf("it has the value and cannot be written: %v", err)
	}
	for name, tt := range map[string]struct{ file, want string }{
		"missing":     {"/does/not/exist", "no such file"},
		"not written": {"/proc/sys/kernel/osrelease", "permission denied"},
		"ignored":     {"/dev/null", "/dev/null is  after 0"},
	} {
		if err := setFile(tt.file, "0"); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
	if err := turnJITOff("/does/not/exist"); err != nil {
		t.Errorf("a kernel without a JIT: %v", err)
	}
}

func TestControllers(t *testing.T) {
	list := file(t, "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpuset\t0\t1\t1\nmemory\t0\t1\t0\npids\t0\t1\t1\n", 0o644)
	if got := controllers(list); !slices.Equal(got, []string{"cpuset", "pids"}) {
		t.Errorf("%v", got)
	}
}
