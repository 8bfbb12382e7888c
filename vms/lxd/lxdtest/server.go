package lxdtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Server is one LXD daemon.
type Server struct {
	Name string // of the cluster member, "" for a single server
	Dir  string // its LXD_DIR
	addr string // HOST:PORT, "" if it listens on its socket alone
	cmd  *exec.Cmd
}

// patience is how long a daemon may take for anything.
const patience = 2 * time.Minute

// Start starts one server with a storage pool of directories, and makes it this
// host's for the test and the processes it starts. It is gone when the test ends.
func Start(t *testing.T) *Server {
	t.Helper()
	needed(t)
	s := launch(t, "", "")
	s.Use(t)
	if err := s.lxd(preseed, "init", "--preseed"); err != nil {
		t.Fatal(err)
	}
	return s
}

// StartWithoutMachines starts, as Start does, a server that runs only containers.
func StartWithoutMachines(t *testing.T) *Server {
	t.Helper()
	needed(t)
	s := launchWith(t, "", "", "exit 1")
	s.Use(t)
	if err := s.lxd(preseed, "init", "--preseed"); err != nil {
		t.Fatal(err)
	}
	return s
}

// Listen makes a single server listen on a loopback address, and returns that address.
func (s *Server) Listen(t *testing.T) string {
	t.Helper()
	s.addr = freeAddress(t, "127.0.0.10")
	s.LXC(t, "config", "set", "core.https_address", s.addr)
	return s.addr
}

// LXC runs lxc on the server and returns what it prints.
func (s *Server) LXC(t *testing.T, args ...string) string {
	t.Helper()
	out, err := s.run("", "lxc", args...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out)
}

// needed skips the test where no daemons are wanted, and ends it where they
// are and cannot be.
func needed(t *testing.T) {
	t.Helper()
	if os.Getenv("BPFLAB_LXD_TESTS") != "1" {
		t.Skip("starts an LXD server: set BPFLAB_LXD_TESTS=1, as `make test-lxd` does")
	}
	if os.Geteuid() != 0 {
		t.Skip("starts an LXD server, which needs root")
	}
	if _, err := exec.LookPath("lxd"); err != nil {
		t.Fatal("no lxd on PATH; `make test-lxd` installs it")
	}
}

// Use makes the server this host's for the test.
func (s *Server) Use(t *testing.T) {
	t.Setenv("LXD_DIR", s.Dir)
	t.Setenv("LXD_CONF", filepath.Join(s.Dir, "client"))
	t.Setenv("LXD_SOCKET", "")
}

// preseed sets a single server up. Our machines need no network.
const preseed = `
storage_pools: [{name: default, driver: dir}]
profiles: [{name: default, devices: {root: {type: disk, path: /, pool: default}}}]
`

// launch starts a daemon and waits until it answers. Sockets below its directory
// have long names, so that is a short one.
func launch(t *testing.T, name, addr string) *Server {
	t.Helper()
	return launchWith(t, name, addr, "exit 0")
}

// launchWith returns what the stand-in for modprobe answers for vhost_vsock.
func launchWith(t *testing.T, name, addr, modprobe string) *Server {
	t.Helper()
	dir, err := os.MkdirTemp("", "lxd")
	if err != nil {
		t.Fatal(err)
	}
	needKVM(t)
	s := &Server{Name: name, Dir: dir, addr: addr}
	if err := s.standIns(modprobe); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.remove(t) })
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	return s
}

// Run starts the daemon; it may have run before.
func (s *Server) Run() error {
	log, err := os.OpenFile(filepath.Join(s.Dir, "daemon.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd = exec.Command("lxd", "--group", "root")
	s.cmd.Env = s.environ()
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	if err := s.lxd("", "waitready", "--timeout=60"); err != nil {
		text, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%w\n%s", err, text)
	}
	return nil
}

// Kill kills the daemon without a warning. Its machines go on.
func (s *Server) Kill() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

// lxd runs the daemon's command with text as its input.
func (s *Server) lxd(input string, args ...string) error {
	_, err := s.run(input, "lxd", args...)
	return err
}

func (s *Server) run(input, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = s.environ()
	cmd.Stdin = strings.NewReader(input)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s%s", name, strings.Join(args, " "), err, out, &stderr)
	}
	return string(out), nil
}

// remove ends the daemon and all that it has started, and removes its files.
func (s *Server) remove(t *testing.T) {
	s.Kill()
	s.killMachines()
	s.unmount()
	if err := os.RemoveAll(s.Dir); err != nil {
		t.Errorf("LXD's directory stays: %v", err)
	}
}
