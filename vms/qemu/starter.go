//go:build linux

package qemu

import (
	"errors"
	"maps"
	"os"
	"slices"
	"sync"

	"github.com/bpflab/bpflab/vms/forkserver"
)

// starter has the fork server of one QEMU, where processes can be held.
type starter struct {
	build build
	env   []string // of its processes
	begin func()   // once

	mu     sync.Mutex
	server *forkserver.Server // nil where QEMU is started by execve(2)
	why    error              // why it is
}

// starters are those of this process. They last as long as it does.
var starters struct {
	sync.Mutex
	of map[starterKey]*starter
}

type starterKey struct {
	path   string // of a QEMU
	frugal bool
}

// starterOf returns the starter of a QEMU, which begins to hold its process at once. It
// replaces that of an older QEMU at the same path, or with another environment.
func starterOf(b build, frugal bool) *starter {
	starters.Lock()
	defer starters.Unlock()
	key, env := starterKey{b.path, frugal}, environment(frugal)
	if s := starters.of[key]; s != nil {
		if s.build == b && slices.Equal(s.env, env) {
			return s
		}
		go s.giveUp(errReplaced)
	}
	s := &starter{build: b, env: env}
	s.begin = sync.OnceFunc(s.hold)
	if starters.of == nil {
		starters.of = map[starterKey]*starter{}
	}
	starters.of[key] = s
	go s.begin()
	return s
}

func allStarters() []*starter {
	starters.Lock()
	defer starters.Unlock()
	return slices.Collect(maps.Values(starters.of))
}

// errScript is a script in QEMU's place, whose interpreter would be held.
var errScript = errors.New("it is a script")

func (s *starter) hold() {
	server, err := serve(s.build.path, s.env)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.server, s.why = server, err
}

// serve returns a fork server of a QEMU, nil and the reason where there can be none.
func serve(path string, env []string) (*forkserver.Server, error) {
	if isScript(path) {
		return nil, errScript
	}
	return forkserver.New(path, env)
}

// CannotHold returns why a fork server cannot hold a process of the QEMU at that path, so
// that each machine's starts by execve(2) and takes longer; nil where it can.
func CannotHold(path string) error {
	server, err := serve(path, os.Environ())
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
