package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRoomContainer does what the container's file of docs/room.md says, without a container
// engine: in a root of Debian made by mmdebstrap, as the user and with the environment that
// it names. Then a student of the class that its command serves passes the first lab. The
// kernel comes from the network. BPFLAB_CONTAINER_ROOT names a directory for the root, or
// one that has it.
func TestRoomContainer(t *testing.T) {
	needVMs(t)
	root := os.Getenv("BPFLAB_CONTAINER_ROOT")
	if root == "" || os.Geteuid() != 0 {
		t.Skip("makes a root of Debian, as root: BPFLAB_CONTAINER_ROOT=DIRECTORY")
	}
	c := newContainer(t, root)
	for _, line := range instructions(blockOf(t, "dockerfile", "FROM")) {
		c.do(t, line[0], line[1])
	}
	args := append(c.entry, c.command...)
	for i, arg := range args {
		if arg == "0.0.0.0:8080" {
			args[i] = "127.0.0.1:0"
		}
	}
	if len(args) < 3 || args[0] != "bpflab" || args[1] != "workshop" {
		t.Fatalf("the container runs %q", args)
	}
	wrapper := filepath.Join(t.TempDir(), "inside")
	script := fmt.Sprintf("#!/bin/sh\nexec unshare --mount sh -ec '%s' sh \"$@\"\n", c.enter("bpflab"))
	if err := os.WriteFile(wrapper, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	s := serveBy(t, wrapper, args[2:]...)
	if err := firstLab(within(t, 8*time.Minute), s.find(t, `students: +(http\S+)`), s.find(t, `code (\S+)`), "Ada", solutionOf(t, "hello")); err != nil {
		t.Error(err)
	}
}

// instructions returns the instructions of a container's file, and what follows each.
func instructions(text string) [][2]string {
	var out [][2]string
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name != "" {
			out = append(out, [2]string{name, rest})
		}
	}
	return out
}

// container is what a container's file has made so far.
type container struct {
	root           string
	user           string
	environment    []string
	entry, command []string
}

func newContainer(t *testing.T, root string) *container {
	root, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	return &container{root: root, user: "root", environment: []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}}
}

// do follows one instruction.
func (c *container) do(t *testing.T, name, rest string) {
	t.Helper()
	switch name {
	case "FROM":
		c.from(t, rest)
	case "RUN":
		c.run(t, rest)
	case "COPY":
		c.copyBpflab(t, rest)
	case "USER":
		c.user = rest
		c.environment = append(c.environment, "HOME=/home/"+rest)
	case "ENV":
		c.environment = append(c.environment, strings.Fields(rest)...)
	case "ENTRYPOINT", "CMD":
		words := &c.entry
		if name == "CMD" {
			words = &c.command
		}
		if err := json.Unmarshal([]byte(rest), words); err != nil {
			t.Fatalf("%s %s: %v", name, rest, err)
		}
	case "EXPOSE":
	default:
		t.Fatalf("the container's file has %s, which this test does not know", name)
	}
}

// from makes the root of Debian 13, unless it is there.
func (c *container) from(t *testing.T, image string) {
	if image != "debian:13" {
		t.Fatalf("the container is made from %s", image)
	}
	if _, err := os.Stat(filepath.Join(c.root, "etc", "debian_version")); err == nil {
		os.RemoveAll(filepath.Join(c.root, "home", "lab", "state")) // the class of an earlier run
		return
	}
	cmd := exec.Command("bash", filepath.Join("..", "..", "ci", "root.sh"), "trixie", c.root)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
}

// run runs a command of the container's file. A root that is there already has the user and
// the directories.
func (c *container) run(t *testing.T, command string) {
	if strings.HasPrefix(command, "mkdir ") {
		command = strings.Replace(command, "mkdir ", "mkdir -p ", 1)
	}
	if strings.Contains(command, "useradd ") && exec.Command("chroot", c.root, "id", "lab").Run() == nil {
		command = strings.Replace(command, "&& useradd --create-home lab", "", 1)
	}
	cmd := exec.Command("unshare", "--mount", "sh", "-ec", c.enter("sh"), "sh", "-ec", command)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", command, err, out)
	}
}

// copyBpflab copies the bpflab to test.
func (c *container) copyBpflab(t *testing.T, rest string) {
	from, to, _ := strings.Cut(rest, " ")
	if from != "bpflab" {
		t.Fatalf("COPY %s", rest)
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	target := filepath.Join(c.root, to)
	os.Remove(target)
	out, err := os.OpenFile(target, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// enter returns a script that runs a program with its own arguments in the root, as a
// container does: with a /proc and a /dev, as the user, and with no other environment.
func (c *container) enter(program string) string {
	return fmt.Sprintf(`mount -t proc proc %[1]s/proc; mount --rbind /dev %[1]s/dev; cd /; exec chroot --userspec=%[2]s %[1]s /usr/bin/env -i %[3]s %[4]s "$@"`,
		c.root, c.user, strings.Join(c.environment, " "), program)
}
