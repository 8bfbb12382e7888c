//go:build linux

package qemu

import (
	"errors"
	"os"
	"slices"
	"sync"

	"github.com/bpflab/bpflab/vms/forkserver"
)

// starter has the fork server of one QEMU, where processes can be held.
type starter struct {
	build build
	env   []string // this process's when it began, which its processes have
	begin func()   // once

	mu     sync.Mutex
	server *forkserver.Server // nil where QEMU is started by execve(2)
	why    error              // why it is
}

// starters are those of this process, by the path of a QEMU. They last as long as it does.
var starters struct {
	sync.Mutex
	of map[string]*starter
}

// starterOf returns the starter of a QEMU, which begins to hold its process at once. It
// replaces that of an older QEMU at the same path, or with another environment.
func starterOf(b build) *starter {
	starters.Lock()
	defer starters.Unlock()
	if s := starters.of[b.path]; s != nil {
		if s.build == b && slices.Equal(s.env, os.Environ()) {
			return s
		}
		go s.giveUp(errReplaced)
	}
	s := &starter{build: b, env: os.Environ()}
	s.begin = sync.OnceFunc(s.hold)
	if starters.of == nil {
		starters.of = map[string]*starter{}
	}
	starters.of[b.path] = s
	go s.begin()
	return s
}

// errScript is a script in QEMU's place, whose interpreter would be held.
var errScript = errors.New("it is a script")

func (s *starter) hold() {
	server, err := serve(s.build.path)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.server, s.why = server, err
}

// serve returns a fork server of a QEMU, nil and the reason where there can be none.
func serve(path string) (*forkserver.Server, error) {
	if isScript(path) {
		return nil, errScript
	}
	return forkserver.New(path)
}

// CannotHold returns why a fork server cannot hold a process of the QEMU at that path, so
// that each machine's starts by execve(2) and takes longer; nil where it can.
func CannotHold(path string) error {
	server, err := serve(path)
	if err == nil {
		server.Close()
	}
	return err
}

// forkServer returns the fork server once it holds its process; nil where QEMU is started
// by execve(2).
func (s *starter) forkServer() *forkserver.Server {
	if s == nil {
		return nil
	}
	s.begin()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.server
}

// giveUp has QEMU started by execve(2) from now on.
func (s *starter) giveUp(why error) {
	s.begin()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil {
		s.server.Close()
	}
	s.server, s.why = nil, why
}
