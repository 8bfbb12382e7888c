//go:build linux

package qemu

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// chardevs are the socket pairs behind a machine's character devices: console, stream,
// control, port, in the order of the child's file descriptors from fdConsole on.
type chardevs struct {
	host  [4]net.Conn
	guest [4]*os.File
}

func openChardevs() (*chardevs, error) {
	c := &chardevs{}
	for i := range c.host {
		var err error
		if c.host[i], c.guest[i], err = pair(); err != nil {
			c.closeHost()
			c.closeGuest()
			return nil, fmt.Errorf("socket pair: %w", err)
		}
	}
	return c, nil
}

func (c *chardevs) closeHost() {
	for _, conn := range c.host {
		if conn != nil {
			conn.Close()
		}
	}
}

// closeGuest closes the guest's ends; it may be called again.
func (c *chardevs) closeGuest() {
	for _, f := range c.guest {
		f.Close()
	}
}

// pair returns a connected pair of sockets: a connection for this process and a
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
