package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/bpflab/bpflab/harness/workshop/web"
)

// stickVariable names the prepared directory to the test as it runs itself once more,
// without a network.
const stickVariable = "BPFLAB_TEST_STICK"

// TestWorkshopFromStick prepares a directory, and runs a class from it where there is no
// network but the loopback interface, and with an empty cache.
func TestWorkshopFromStick(t *testing.T) {
	needVMs(t)
	if dir := os.Getenv(stickVariable); dir != "" {
		workWithoutNetwork(t, dir)
		return
	}
	if err := web.HasPage(); err != nil {
		t.Skip(err)
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "stick")
	own := t.TempDir()
	writeLab(t, own, "mine", plainLab)
	ctx := within(t, 5*time.Minute)
	if out, err := exec.CommandContext(ctx, path, "workshop", "prepare", dir, "--kernel", "latest", "--labs", own).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	args := []string{"--net", "--", os.Args[0], "-test.run", "^TestWorkshopFromStick$", "-test.v"}
	if os.Geteuid() != 0 {
		args = append([]string{"--map-root-user"}, args...)
	}
	cmd := exec.CommandContext(ctx, "unshare", args...)
	cmd.Env = append(os.Environ(), stickVariable+"="+dir, "BPFLAB_CACHE="+t.TempDir(), "http_proxy=", "https_proxy=")
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
}

// workWithoutNetwork has a student work in a class from a prepared directory, with the
// program in it. The test runs it in a network namespace of its own.
func workWithoutNetwork(t *testing.T, dir string) {
	t.Helper()
	if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if routes, err := exec.Command("ip", "route").CombinedOutput(); err != nil || len(routes) > 0 {
		t.Fatalf("there is a network: %v %s", err, routes)
	}
	s := serveBy(t, filepath.Join(dir, stickProgram), "--from", dir, "--serve", "127.0.0.1:0", "--class", "stick", "--dir", t.TempDir())
	ctx := within(t, 4*time.Minute)
	if err := firstLab(ctx, s.find(t, `students: +(http\S+)`), s.find(t, `code (\S+)`), "Ada", solutionOf(t, "hello")); err != nil {
		t.Error(err)
	}
}
