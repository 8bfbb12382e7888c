//go:build linux && amd64

package forkserver

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Server holds one process of a program. Its methods are safe for concurrent use.
type Server struct {
	path  string
	env   []string // of the held process
	calls chan func()
	done  chan struct{} // closed by Close
	gone  chan struct{} // closed when the held process is gone
	close sync.Once

	// Of the tracer's thread alone.
	held    held
	socket  *os.File // sends the held process's copies their files
	started sync.WaitGroup
}

// Process is a process that a Server has started, a child of this one.
type Process struct {
	*os.Process
	server *Server
}

// argumentSpace is how many bytes the arguments of a process may have.
const argumentSpace = 16 << 10

// New starts a program, whose path is absolute, in an environment that its copies have, and holds it before it begins. The error
// says why that is impossible here, as where this process is traced itself; such a
// program can still be started by execve. The held process dies with this one.
func New(path string, env []string) (*Server, error) {
	s := &Server{path: path, env: env, calls: make(chan func()), done: make(chan struct{}), gone: make(chan struct{})}
	ready := make(chan error)
	go s.serve(ready)
	if err := <-ready; err != nil {
		return nil, fmt.Errorf("holding %s: %w", path, err)
	}
	return s, nil
}

// serve is the tracer: ptrace(2) and PR_SET_PDEATHSIG are of one thread, which is kept
// until all the processes have ended.
func (s *Server) serve(ready chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := s.hold()
	ready <- err
	if err != nil {
		return
	}
	for {
		select {
		case call := <-s.calls:
			call()
		case <-s.done:
			s.socket.Close()
			s.held.kill()
			close(s.gone)
			s.started.Wait()
			return
		}
	}
}

// hold starts the program and stops it at its entry point.
func (s *Server) hold() error {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	s.socket = os.NewFile(uintptr(fds[0]), "files")
	theirs := os.NewFile(uintptr(fds[1]), "files")
	defer theirs.Close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return errors.Join(err, s.socket.Close())
	}
	defer null.Close()
	// The arguments' place is made large enough for those of any copy.
	space := strings.Repeat(" ", argumentSpace)
	p, err := os.StartProcess(s.path, []string{s.path, space}, &os.ProcAttr{
		Env:   s.env,
		Files: []*os.File{null, null, null, theirs},
		Sys:   &syscall.SysProcAttr{Ptrace: true, Pdeathsig: syscall.SIGKILL, Setpgid: true},
	})
	if err != nil {
		return errors.Join(err, s.socket.Close())
	}
	s.held = held{tracee: tracee{pid: p.Pid}}
	if err := s.held.prepare(); err != nil {
		s.held.kill()
		return errors.Join(err, s.socket.Close())
	}
	return p.Release()
}

// Start starts a process with these arguments, the first of which is the program's name,
// with files as its descriptors from 3 on, and a standard error. Its standard input and
// output are /dev/null; it has a process group of its own, and dies with this process.
// After an error nothing runs that was not there before, and the server may be of no more
// use.
func (s *Server) Start(args []string, files []*os.File, stderr *os.File) (*Process, error) {
	return s.process(func() (int, error) { return s.copy(args, append(files[:len(files):len(files)], stderr)) })
}

// process has a process made by the tracer.
func (s *Server) process(make func() (pid int, err error)) (*Process, error) {
	s.started.Add(1)
	var pid int
	err := s.do(func() (err error) { pid, err = make(); return err })
	if err != nil {
		s.started.Done()
		return nil, fmt.Errorf("copying %s: %w", s.path, err)
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		s.started.Done()
		return nil, errors.Join(err, syscall.Kill(pid, syscall.SIGKILL))
	}
	return &Process{p, s}, nil
}

// do has the tracer do something. The error is os.ErrClosed after Close.
func (s *Server) do(something func() error) error {
	done := make(chan error, 1)
	select {
	case s.calls <- func() { done <- something() }:
		return <-done
	case <-s.done:
		return os.ErrClosed
	}
}

// copy makes one process out of the held one.
func (s *Server) copy(args []string, files []*os.File) (int, error) {
	stack, err := s.held.stackOf(args)
	if err != nil {
		return 0, err
	}
	var fds []int
	for _, f := range files {
		fds = append(fds, int(f.Fd()))
	}
	t, err := s.held.clone()
	if err != nil {
		return 0, err
	}
	err = unix.Sendmsg(int(s.socket.Fd()), []byte{0}, unix.UnixRights(fds...), nil, 0)
	runtime.KeepAlive(files)
	if err == nil {
		err = t.become(&s.held, stack, len(fds))
	}
	if err != nil {
		t.kill()
		return 0, err
	}
	return t.pid, nil
}

// Close ends the held process, and returns when it is gone. What was started goes on.
func (s *Server) Close() {
	s.close.Do(func() { close(s.done) })
	<-s.gone
}

// Wait waits until the process has ended. The error is an *exec.ExitError unless it ended
// with 0.
func (p *Process) Wait() error {
	defer p.server.started.Done()
	state, err := p.Process.Wait()
	if err != nil {
		return err
	}
	if !state.Success() {
		return &exec.ExitError{ProcessState: state}
	}
	return nil
}
