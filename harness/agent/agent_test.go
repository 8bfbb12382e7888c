package agent

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/kernel"
)

// program stands for an agent.
const program = "#!/bin/sh\necho agent\n"

func packedProgram(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Pack(&out, []byte(text)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func unpacked(t *testing.T, dir string, packed []byte) string {
	t.Helper()
	file, err := path(dir, bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestPathUnpacksAProgram(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "agent")
	file := unpacked(t, dir, packedProgram(t, program))
	out, err := exec.Command(file).CombinedOutput()
	if err != nil || string(out) != "agent\n" {
		t.Errorf("%s: %q, %v", file, out, err)
	}
	before, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if again := unpacked(t, dir, packedProgram(t, program)); again != file {
		t.Errorf("the same agent is %s and %s", file, again)
	}
	if after, err := os.Stat(file); err != nil || !os.SameFile(before, after) {
		t.Errorf("it was unpacked again: %v", err)
	}
	if other := unpacked(t, dir, packedProgram(t, program+"#")); other == file {
		t.Error("two agents have one file")
	}
}

func TestDamagedAgentIsMadeAgain(t *testing.T) {
	dir := t.TempDir()
	packed := packedProgram(t, program)
	for name, damage := range map[string]func(file string) error{
		"changed":   func(file string) error { return os.WriteFile(file, []byte(strings.Repeat("x", len(program))), 0o755) },
		"truncated": func(file string) error { return os.Truncate(file, 3) },
		"gone":      os.Remove,
		"no sum":    func(file string) error { return os.Remove(cache.SumPath(file)) },
	} {
		file := unpacked(t, dir, packed)
		if err := damage(file); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(unpacked(t, dir, packed))
		if err != nil || string(text) != program {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}

func TestDamagedPackedAgent(t *testing.T) {
	packed, other := packedProgram(t, program), packedProgram(t, program+"#")
	for name, damaged := range map[string][]byte{
		"its end is missing": packed[:len(packed)-2],
		"only its sum":       packed[:sha256.Size],
		"half a sum":         packed[:5],
		"nothing":            nil,
		"another's sum":      slices.Concat(other[:sha256.Size], packed[sha256.Size:]),
	} {
		dir := t.TempDir()
		if _, err := path(dir, bytes.NewReader(damaged)); err == nil || !strings.Contains(err.Error(), "guest agent") {
			t.Errorf("%s: error %v", name, err)
		}
		if left, err := os.ReadDir(dir); len(left) > 0 || err != nil {
			t.Errorf("%s: it left %v, error %v", name, left, err)
		}
	}
}

func TestAgentsOfThisBuild(t *testing.T) {
	for _, arch := range kernel.Arches() {
		if file, err := Path(t.TempDir(), arch); !errors.Is(err, ErrNotPacked) {
			t.Errorf("%s: %s, %v, want %v of a plain build", arch, file, err, ErrNotPacked)
		}
	}
}

func TestPruneKeepsWhatIsUsed(t *testing.T) {
	dir := t.TempDir()
	file := unpacked(t, dir, packedProgram(t, program))
	if err := Prune(dir, time.Minute, time.Now()); err != nil {
		t.Fatal(err)
	}
	if bad, sound := Verify(dir); len(bad) != 0 || sound != 1 {
		t.Errorf("damaged %v, sound %d", bad, sound)
	}
	if err := Prune(dir, time.Minute, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("the agent is still there: %v", err)
	}
}
