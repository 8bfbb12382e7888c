//go:build linux

package standby

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// What a client asks for.
const (
	doTake   = "take"
	doStatus = "status"
	doStop   = "stop"
)

// request is the only message of a client.
type request struct {
	Build string
	Do    string
	Wanted
}

// Wanted names a machine and has what another one like it is made from.
type Wanted struct {
	Key  string          // equal keys are equal machines
	Name string          // for people
	Spec json.RawMessage // what the server's Make takes
}

// answer is what the server says to a request. Files come with it where it lends a machine.
type answer struct {
	Build  string
	Lent   bool
	About  json.RawMessage `json:",omitempty"` // of the machine that is lent
	Status *Status         `json:",omitempty"`
}

// Status is what a server holds.
type Status struct {
	Build    string
	PID      int
	Limit    int64 // on what machines may hold together, in bytes
	Machines []Held
	Lent     int // machines that clients use
}

// Held is a place for a machine.
type Held struct {
	Name   string
	Ready  bool  // the machine waits to be taken
	Memory int64 // bytes that it holds
	Used   time.Time
}

// mostFiles is how many files come with a message.
const mostFiles = 8

// mostMessage is the largest message, in bytes.
const mostMessage = 128 << 10

// send sends a message with files.
func send(conn *net.UnixConn, message any, files ...*os.File) error {
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	if len(text) > mostMessage {
		return fmt.Errorf("a message of %d bytes is over the cap of %d", len(text), mostMessage)
	}
	var rights []byte
	if len(files) > 0 {
		fds := make([]int, len(files))
		for i, f := range files {
			fds[i] = int(f.Fd())
		}
		rights = unix.UnixRights(fds...)
	}
	_, _, err = conn.WriteMsgUnix(text, rights, nil)
	return err
}

// reader is the receiving part of a net.UnixConn.
type reader interface {
	ReadMsgUnix(b, oob []byte) (n, oobn, flags int, addr *net.UnixAddr, err error)
}

// receive reads a message and the files that came with it. The end of the connection is read
// twice: Linux looks at the queue first and then whether the other end is closed, so that a
// message that came in between is behind the first end (__unix_dgram_recvmsg in net/unix/af_unix.c,
// for SOCK_SEQPACKET that does not block; findings/seqpacket-early-eof.sh).
func receive(conn reader, message any) ([]*os.File, error) {
	text, rights := make([]byte, mostMessage+1), make([]byte, unix.CmsgSpace(4*mostFiles))
	n, oobn, _, _, err := conn.ReadMsgUnix(text, rights)
	if errors.Is(err, io.EOF) {
		n, oobn, _, _, err = conn.ReadMsgUnix(text, rights)
	}
	files := filesOf(rights[:oobn])
	if err == nil && n == 0 {
		err = net.ErrClosed
	}
	if err == nil {
		err = json.Unmarshal(text[:n], message)
	}
	if err != nil {
		closeAll(files)
		return nil, err
	}
	return files, nil
}

func filesOf(rights []byte) (files []*os.File) {
	messages, _ := unix.ParseSocketControlMessage(rights)
	for _, m := range messages {
		fds, _ := unix.ParseUnixRights(&m)
		for _, fd := range fds {
			unix.CloseOnExec(fd)
			files = append(files, os.NewFile(uintptr(fd), "lent"))
		}
	}
	return files
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// checkPeer refuses a process of another user at the other end.
func checkPeer(conn *net.UnixConn, allowed uint32) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var peer *unix.Ucred
	var got error
	err = raw.Control(func(fd uintptr) { peer, got = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) })
	switch {
	case err != nil:
		return err
	case got != nil:
		return got
	case peer.Uid != allowed:
		return fmt.Errorf("the process at the other end is user %d's", peer.Uid)
	}
	return nil
}
