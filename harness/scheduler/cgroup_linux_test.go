package scheduler

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// inGroup makes this test binary print what memory it has, in a process of its own.
const inGroup = "BPFLAB_TEST_IN_GROUP"

// A control group of this machine's own kernel, of whichever version it has.
func TestMemoryOfRealGroup(t *testing.T) {
	if os.Getenv(inGroup) != "" {
		fmt.Println("total", hostMeter(os.DirFS("/"))().Total)
		return
	}
	const limit = 300 << 20
	group := realGroup(t, limit)
	cmd := exec.Command("sh", "-c", `echo $$ >"$1/cgroup.procs" && exec "$2" -test.run='^TestMemoryOfRealGroup$'`, "sh", group, os.Args[0])
	cmd.Env = append(os.Environ(), inGroup+"=1")
	out, err := cmd.CombinedOutput()
	if want := fmt.Sprintf("total %d\n", limit); err != nil || !strings.Contains(string(out), want) {
		t.Errorf("in %s, limited to %d bytes: %v, %s", group, limit, err, out)
	}
}

// realGroup makes a control group with a limit of memory, or skips.
func realGroup(t *testing.T, limit int64) string {
	t.Helper()
	for _, m := range groupMounts(os.DirFS("/")) {
		dir := filepath.Join("/", m.at, fmt.Sprintf("bpflab-test-%d", os.Getpid()))
		if os.Mkdir(dir, 0o755) != nil {
			continue
		}
		t.Cleanup(func() { os.Remove(dir) })
		if os.WriteFile(filepath.Join(dir, m.files().limits[0]), fmt.Append(nil, limit), 0) == nil {
			return dir
		}
	}
	t.Skip("cannot make a control group that limits memory here")
	return ""
}
