//go:build linux

package main

import (
	"bufio"
	"encoding/gob"
	"encoding/json"
	"io"
	"net"
	"os"
	"sync"
)

// request is a line of JSON that opens a connection to an instance's daemon.
// What follows it is the standard input of exec, or the content of put.
type request struct {
	Op   string   // "exec", "put", "restart"
	Argv []string // of exec
	Path string   // of put
}

// reply is one of the values that come back. The last one has End set.
type reply struct {
	Stdout, Stderr []byte
	End            bool
	Exit           int    // of exec
	Error          string // "" if all went well
}

// replies writes output as it comes. It is safe for concurrent use.
type replies struct {
	mu  sync.Mutex
	enc *gob.Encoder
}

func (r *replies) send(v reply) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.enc.Encode(v)
}

// output is a writer of one stream of the guest's.
type output struct {
	to   *replies
	wrap func([]byte) reply
}

func (o output) Write(p []byte) (int, error) {
	if err := o.to.send(o.wrap(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// ask sends the daemon a request and in, if that is not nil, and copies what
// comes back to standard output and error, to the end.
func (i instance) ask(req request, in io.Reader) (reply, error) {
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: i.path("socket"), Net: "unix"})
	if err != nil {
		return reply{}, notRunning(i.name())
	}
	defer conn.Close()
	if err := json.NewEncoder(conn).Encode(req); err != nil {
		return reply{}, err
	}
	go func() {
		if in != nil {
			io.Copy(conn, struct{ io.Reader }{in}) // splice(2) would keep Close from closing
		}
		conn.CloseWrite()
	}()
	dec := gob.NewDecoder(bufio.NewReader(conn))
	for {
		var r reply
		if err := dec.Decode(&r); err != nil {
			return r, errLost
		}
		if r.End {
			return r, nil
		}
		os.Stdout.Write(r.Stdout)
		os.Stderr.Write(r.Stderr)
	}
}
