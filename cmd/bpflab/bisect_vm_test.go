package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/apttest"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
)

// repackaged makes a package of a real kernel under another version, with a changelog.
func repackaged(t *testing.T, maker *apttest.Maker, k kernel.Image, version, changes string) string {
	t.Helper()
	name := "linux-image-" + k.Release
	return maker.Build(apttest.Package{Name: name, Version: version, Files: map[string]string{
		"boot/vmlinuz-" + k.Release: k.Kernel, "boot/config-" + k.Release: k.Config,
		"lib/modules/" + k.Release + "/kernel/drivers/net/veth.ko": filepath.Join(k.Modules, "kernel/drivers/net/veth.ko"),
		"usr/share/doc/" + name + "/changelog":                     fileOf(t, "changelog", []byte(changes)),
	}})
}

// sixPackages serves an archive that Debian's own tools made, with six packages of 6.1: of the
// first four the kernel is the real 5.10, and of the others the real 6.1.
func sixPackages(t *testing.T) (open func(kernel.Progress, kernelOrigin, bool) (*catalogue.Catalogue, error)) {
	t.Helper()
	maker := apttest.New(t)
	images := []kernel.Image{realKernel(t, "5.10"), realKernel(t, "6.1")}
	var packages []string
	changes := ""
	for i := range 6 {
		version := fmt.Sprintf("6.1.%d-1", 171+i)
		changes = fmt.Sprintf("linux (%s) bookworm; urgency=medium\n\n  * bpf: change of %s\n  * ext4: another\n\n -- A <a@example.org>  Mon, 16 Nov 2026 11:17:40 +0100\n\n", version, version) + changes
		packages = append(packages, repackaged(t, maker, images[i/4], version, changes))
	}
	root := t.TempDir()
	maker.Suite(root, "bookworm", "bookworm", packages...)
	maker.Suite(filepath.Join(root, "security"), "bookworm-security", "bookworm-security")
	server := httptest.NewServer(http.FileServer(http.Dir(root)))
	t.Cleanup(server.Close)
	t.Setenv("BPFLAB_CACHE", t.TempDir())
	made := debianAt(t, os.Getenv("BPFLAB_CACHE"), nil, server.URL, server.URL+"/security", maker.Public())
	return func(kernel.Progress, kernelOrigin, bool) (*catalogue.Catalogue, error) { return made, nil }
}

// ran runs a verb on made kernels, and returns its exit code and all that it printed.
func ran(t *testing.T, cmd *cobra.Command, args ...string) (code int, text string) {
	t.Helper()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetArgs(append([]string{"--dir", t.TempDir()}, args...))
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	err := cmd.ExecuteContext(context.Background())
	t.Logf("%s %s: %v\n%s", cmd.Name(), strings.Join(args, " "), err, out.String())
	return exitCode(err), out.String()
}

// Of six packages of one series, the one that brought another kernel is found in three steps,
// with an object, a command and a lab.
func TestBisectSixPackages(t *testing.T) {
	needVMs(t)
	agent, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("BPFLAB_AGENT", agent)
	renamed := compiled(t, "renamed.bpf")
	open := sixPackages(t)
	file := filepath.Join(t.TempDir(), "report.json")

	var f bisectFlags
	cmd := f.verb()
	f.open = open
	if code, text := ran(t, cmd, "--good", "6.1.171", "--bad", "6.1.176-1", "--attach", "--json", file, renamed); code != verdict.ExitOK || !strings.Contains(text, "bpf: change of 6.1.175-1") {
		t.Errorf("exit code %d", code)
	}
	var r bisectReport
	readReport(t, file, &r)
	if !r.Found || r.Steps != 3 || r.Packages != 6 || r.LastGood == nil || r.LastGood.Version != "6.1.174-1" || r.FirstBad == nil || r.FirstBad.Version != "6.1.175-1" ||
		!strings.Contains(r.FirstBad.Reason, "blk_account_io_start") || len(r.Changelog) != 1 {
		t.Errorf("got %+v", r)
	}

	var fixed bisectFlags
	cmd = fixed.verb()
	fixed.open = open
	if code, text := ran(t, cmd, "--bad", "6.1.174-1", "--good", "6.1.175-1", "--mem", "512M", "--", "grep", "-q", " bpf_loop$", "/proc/kallsyms"); code != verdict.ExitOK || !strings.Contains(text, "first good  "+r.FirstBad.Package+" 6.1.175-1") {
		t.Errorf("a command: exit code %d", code)
	}

	var sweep sweepFlags
	cmd = sweep.verb()
	sweep.open = open
	if code, text := ran(t, cmd, "6.1", "--newest", "1", "hello"); code != verdict.ExitOK || !strings.Contains(text, "good  "+r.FirstBad.Package+" 6.1.176-1") || !strings.Contains(text, "1 good, 0 bad, 0 skipped") {
		t.Errorf("a sweep with a lab: exit code %d", code)
	}
}
