//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// dir is the directory of all that the stand-in keeps.
type dir string

// instance is one instance's directory.
type instance string

func (d dir) instances() string { return filepath.Join(string(d), "instances") }
func (d dir) cache() string     { return filepath.Join(string(d), "qemu") }

func (d dir) instance(name string) instance { return instance(filepath.Join(d.instances(), name)) }

// all returns the instances there are.
func (d dir) all() ([]instance, error) {
	entries, err := os.ReadDir(d.instances())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var all []instance
	for _, e := range entries {
		if i := d.instance(e.Name()); i.exists() {
			all = append(all, i)
		}
	}
	return all, nil
}

// existing returns the instance, or multipass's error.
func (d dir) existing(name string) (instance, error) {
	if i := d.instance(name); i.exists() {
		return i, nil
	}
	return "", noInstance(name)
}

func (i instance) name() string            { return filepath.Base(string(i)) }
func (i instance) path(file string) string { return filepath.Join(string(i), file) }
func (i instance) exists() bool            { _, err := os.Stat(i.path(stateFile)); return err == nil }

const stateFile = "state.json"

// state is what is known of an instance. Its daemon writes it.
type state struct {
	Daemon  int    // its daemon's process
	State   string // multipass's word
	Image   string
	Release string // of the kernel, once it has booted
	CPUs    int
	Memory  int64 // bytes
}

func (i instance) read() (state, error) {
	var s state
	text, err := os.ReadFile(i.path(stateFile))
	if errors.Is(err, os.ErrNotExist) {
		return s, noInstance(i.name())
	}
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err == nil && s.State != "Stopped" && !i.lives() {
		s.State = "Stopped"
	}
	return s, err
}

// write replaces the state at once. Without the instance's directory it fails:
// the instance was deleted meanwhile.
func (i instance) write(s state) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := os.WriteFile(i.path("state.new"), text, 0o644); err != nil {
		return err
	}
	return os.Rename(i.path("state.new"), i.path(stateFile))
}

// hold makes this process the instance's daemon, for as long as it lives.
func (i instance) hold() error {
	if _, err := i.lock(unix.LOCK_EX); err != nil {
		return fmt.Errorf("instance %q has a daemon: %w", i.name(), err)
	}
	return nil // the end of the process unlocks it
}

// lives reports whether the instance's daemon runs.
func (i instance) lives() bool {
	fd, err := i.lock(unix.LOCK_SH)
	if err == nil {
		unix.Close(fd)
	}
	return errors.Is(err, unix.EWOULDBLOCK)
}

func (i instance) lock(how int) (int, error) {
	fd, err := unix.Open(i.path("lock"), unix.O_RDWR|unix.O_CREAT|unix.O_CLOEXEC, 0o644)
	if err != nil {
		return -1, err
	}
	if err := unix.Flock(fd, how|unix.LOCK_NB); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// kill ends the daemon, and the machine with it.
func (i instance) kill() error {
	s, err := i.read()
	if err != nil {
		return err
	}
	for i.lives() {
		if err := unix.Kill(s.Daemon, unix.SIGKILL); err != nil && err != unix.ESRCH {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil
}
