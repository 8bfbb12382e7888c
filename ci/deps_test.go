package ci

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// deps returns what packages are built from, as import paths.
func deps(t *testing.T, patterns ...string) []string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-deps"}, patterns...)...)
	cmd.Dir = ".."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	all := strings.Fields(string(out))
	if len(all) < 50 {
		t.Fatalf("%q has only %d packages", patterns, len(all))
	}
	return all
}

// Machines are of use without the harness: nothing below vms needs any of it.
func TestMachinesNeedNoHarness(t *testing.T) {
	for _, pkg := range deps(t, "./vms/...") {
		if strings.HasPrefix(pkg, modulePath+"harness") || strings.HasPrefix(pkg, modulePath+"cmd") {
			t.Errorf("vms needs %s", pkg)
		}
	}
}

// notInAgents are large packages that something the agent imports could bring along.
var notInAgents = []string{"net/http", "text/template", "html/template", "regexp", "encoding/gob", "testing", "crypto/tls", "debug/macho",
	"github.com/goccy/go-yaml", "github.com/spf13/cobra", "github.com/vishvananda/netlink", "github.com/hashicorp/go-multierror", "github.com/klauspost/compress/zstd"}

// The agent is in the memory of every machine: it has nothing in it that a guest does not need.
func TestAgentIsLean(t *testing.T) {
	for _, pkg := range deps(t, "./cmd/bpflab-agent") {
		ours, isOurs := strings.CutPrefix(pkg, modulePath)
		switch {
		case isOurs && !strings.HasPrefix(ours, "harness/guest") && !slices.Contains([]string{"cmd/bpflab-agent", "harness/object", "harness/probe", "harness/verdict", "harness/verifierlog", "vms/suggest", "vms/variant", "vms/wire"}, ours),
			slices.Contains(notInAgents, pkg):
			t.Errorf("the agent is built with %s", pkg)
		}
	}
}

// mostAgent is how large the agent may be, in bytes, built as make builds it: what it grows by is in
// every machine. docs/architecture.md has what it consists of.
const mostAgent = 5_600_000

func TestAgentIsSmall(t *testing.T) {
	agent := filepath.Join(t.TempDir(), "agent")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w", "-o", agent, "./cmd/bpflab-agent")
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH=amd64", "GOOS=linux")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	info, err := os.Stat(agent)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > mostAgent {
		t.Errorf("the agent has %d bytes, and may have %d", info.Size(), mostAgent)
	}
}

// isTooling reports whether a package serves tests alone. Such packages lie below ci,
// or are named for what they help to test; harness/gotest is a verb's.
func isTooling(pkg string) bool {
	ours, found := strings.CutPrefix(pkg, modulePath)
	switch {
	case !found:
		return pkg == "testing"
	case ours == "ci" || strings.HasPrefix(ours, "ci/"):
		return true
	}
	return strings.HasSuffix(path.Base(ours), "test") && ours != "harness/gotest"
}

func TestNoTestToolingShips(t *testing.T) {
	for _, pkg := range deps(t, "./cmd/bpflab") {
		if isTooling(pkg) {
			t.Errorf("bpflab is built with %s", pkg)
		}
	}
}

func TestToolingIsKnownByItsName(t *testing.T) {
	for pkg, want := range map[string]bool{
		"vms/vmstest": true, "vms/lxd/lxdtest": true, "vms/kernel/kerneltest": true, "ci/multipass": true, "ci/bench": true, "ci": true,
		"harness/gotest": false, "harness/run": false, "vms/qemu": false,
	} {
		if isTooling(modulePath+pkg) != want {
			t.Errorf("%s is tooling: %t, want %t", pkg, !want, want)
		}
	}
	for pkg := range layers {
		importsTesting := slices.ContainsFunc(filesOf(t, pkg), func(text string) bool { return strings.Contains(text, "\t\"testing\"\n") })
		if importsTesting && !isTooling(modulePath+pkg) {
			t.Errorf("%s imports testing outside of its tests, and its name does not say so", pkg)
		}
	}
}

// filesOf returns the Go files of a package without its tests.
func filesOf(t *testing.T, pkg string) []string {
	t.Helper()
	names, err := fs.Glob(os.DirFS(".."), pkg+"/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile("../" + name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(text))
	}
	return out
}

// ownTemp are the packages that make temporary files in another way than by package
// lease, which knows what a killed process left.
var ownTemp = map[string]string{
	"vms/lease":        "it is the way",
	"vms/lxd/lxdtest":  "of tests, which remove it",
	"harness/guest":    "of a machine, which ends with it",
	"harness/workshop": "below a folder of lease's",
	"ci/bench":         "below a folder that bench empties",
	"cmd/bpflab":       "results, which stay",
}

var makesTemp = regexp.MustCompile(`\bos\.(MkdirTemp|CreateTemp)\(`)

func TestTemporaryFilesHaveAnOwner(t *testing.T) {
	for pkg := range layers {
		made := slices.ContainsFunc(filesOf(t, pkg), makesTemp.MatchString)
		if _, allowed := ownTemp[pkg]; made != allowed {
			t.Errorf("%s makes temporary files by itself: %t, and may: %t (use lease.MkdirTemp or lease.CreateTemp)", pkg, made, allowed)
		}
	}
}
