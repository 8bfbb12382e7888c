//go:build linux

package qemu

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// wires are the socket pairs of a machine: console, stream, control, port, in
// the order of the child's file descriptors from fdConsole on.
type wires struct {
	host  [4]net.Conn
	guest [4]*os.File
}

func openWires() (*wires, error) {
	w := &wires{}
	for i := range w.host {
		var err error
		if w.host[i], w.guest[i], err = pair(); err != nil {
			w.closeHost()
			w.closeGuest()
			return nil, fmt.Errorf("socket pair: %w", err)
		}
	}
	return w, nil
}

func (w *wires) closeHost() {
	for _, c := range w.host {
		if c != nil {
			c.Close()
		}
	}
}

// closeGuest may be called again.
func (w *wires) closeGuest() {
	for _, f := range w.guest {
		f.Close()
	}
}

// pair is a connected pair of sockets: a connection for this process and a
// file for the child.
func pair() (net.Conn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "host"), os.NewFile(uintptr(fds[1]), "guest")
	defer ours.Close()
	conn, err := net.FileConn(ours)
	if err != nil {
		theirs.Close()
		return nil, nil, err
	}
	return conn, theirs, nil
}
