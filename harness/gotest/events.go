package gotest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"github.com/bpflab/bpflab/vms/child"
)

// Event is an event of test2json, with the kernel it came from. See `go doc test2json`.
type Event struct {
	Time        string `json:",omitempty"`
	Kernel      string `json:",omitempty"`
	Action      string
	Package     string   `json:",omitempty"`
	Test        string   `json:",omitempty"`
	Elapsed     *float64 `json:",omitempty"`
	Output      string   `json:",omitempty"`
	FailedBuild string   `json:",omitempty"`
}

// convert makes events of what a test binary prints, by go tool test2json. Write to
// the writer and close it; then wait.
func convert(ctx context.Context, pkg string, each func(Event)) (io.WriteCloser, func() error, error) {
	cmd := exec.CommandContext(ctx, "go", "tool", "test2json", "-t", "-p", pkg)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	remove, err := leaseWork(cmd)
	if err != nil {
		return nil, nil, err
	}
	wait, err := child.Begin(cmd, (*exec.Cmd).Start)
	if err != nil {
		remove()
		return nil, nil, fmt.Errorf("go tool test2json: %w", err)
	}
	read := make(chan error, 1)
	go func() {
		d := json.NewDecoder(out)
		for {
			var e Event
			if err := d.Decode(&e); err != nil {
				io.Copy(io.Discard, out)
				if err == io.EOF {
					err = nil
				}
				read <- err
				return
			}
			each(e)
		}
	}()
	return in, func() error {
		defer remove()
		err := <-read
		if werr := wait(); err == nil && werr != nil {
			err = fmt.Errorf("%w: %s", werr, strings.TrimSpace(stderr.String()))
		}
		return err
	}, nil
}
