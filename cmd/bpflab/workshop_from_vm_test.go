package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/bpflab/bpflab/harness/workshop/web"
	"github.com/bpflab/bpflab/harness/workshop/web/webtest"
)

// stickVariable names the prepared directory to the test as it runs itself once more,
// without a network.
const stickVariable = "BPFLAB_TEST_STICK"

// TestWorkshopFromStick prepares a directory with a lab of the teacher's own, and runs a
// class from it where there is no network but the loopback interface, with an empty cache.
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
	if err := writeNewLab(io.Discard, own, "my-lab"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(own, courseFile), []byte("labs: [my-lab, hello]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
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
	loopback, err := netlink.LinkByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	if err := netlink.LinkSetUp(loopback); err != nil {
		t.Fatal(err)
	}
	if routes, err := netlink.RouteList(nil, netlink.FAMILY_V4); err != nil || len(routes) > 0 {
		t.Fatalf("there is a network: %v %v", routes, err)
	}
	s := serveBy(t, filepath.Join(dir, stickProgram), "--from", dir, "--serve", "127.0.0.1:0", "--class", "stick", "--dir", t.TempDir())
	ctx := within(t, 4*time.Minute)
	b, err := webtest.Open(s.find(t, `students: +(http\S+)`))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Join(ctx, "Ada", s.find(t, `code (\S+)`)); err != nil {
		t.Fatal(err)
	}
	var me struct{ Labs []struct{ Name string } }
	if err := b.Get(ctx, "/api/me", &me); err != nil || len(me.Labs) != 2 || me.Labs[0].Name != "my-lab" || me.Labs[1].Name != "hello" {
		t.Fatalf("the course is %+v, %v", me.Labs, err)
	}
	takeNewLab(ctx, t, b, filepath.Join(dir, stickLabs, "my-lab"))
}

// takeNewLab has a student do the lab of `bpflab labs new`, and its author edit it
// meanwhile.
func takeNewLab(ctx context.Context, t *testing.T, b *webtest.Browser, folder string) {
	t.Helper()
	l, err := b.Lab(ctx, "my-lab")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if r, err := l.Check(ctx, "count-the-calls"); err != nil || r.Passed() {
		t.Errorf("the starter: %+v %v", r, err)
	}
	solution, err := os.ReadFile(filepath.Join(folder, "my-lab.bpf.c"))
	if err != nil {
		t.Fatal(err)
	}
	if r, err := l.Save(ctx, string(solution)); err != nil || !r.Passed() {
		t.Errorf("the solution: %+v %v", r, err)
	}
	document := filepath.Join(folder, "lab.md")
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(document, []byte(strings.Replace(string(text), "title: My lab", "title: My better lab", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	var now struct {
		Title, Code string
		State       struct {
			Steps map[string]struct{ Done bool }
		}
	}
	for now.Title != "My better lab" {
		if err := b.Get(ctx, "/api/labs/my-lab", &now); err != nil {
			t.Fatalf("%q is not offered: %v", document, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
	if now.Code != string(solution) || !now.State.Steps["count-the-calls"].Done {
		t.Errorf("after the edit: %+v", now)
	}
}
