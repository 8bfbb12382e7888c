package session

import (
	"archive/tar"
	"bytes"
	"context"
	"io"

	"github.com/bpflab/bpflab/vms/wire"
)

// Warm does in a machine what machines are slow at the first time, above all emulated ones,
// which have their code still to translate: a command, files that come and go, the trace
// buffer. It leaves nothing. The error is the machine's; what only a lab would find fault
// with is left to labs.
func Warm(ctx context.Context, client *wire.Client) error {
	var files bytes.Buffer
	tar.NewWriter(&files).Close()
	var ran wire.ExecResult
	var traced wire.TraceResult
	for range 2 { // QEMU translates some code anew the second time
		for _, call := range []struct {
			op           string
			args, result any
			io           wire.IO
		}{
			{wire.OpUnpack, wire.Unpack{}, nil, wire.IO{In: bytes.NewReader(files.Bytes())}},
			{wire.OpExec, wire.Exec{Argv: []string{"uname", "-r"}}, &ran, wire.IO{Stdout: io.Discard, Stderr: io.Discard}},
			{wire.OpTrace, nil, nil, wire.IO{}},
			{wire.OpLines, nil, &traced, wire.IO{}},
			{wire.OpUntrace, nil, nil, wire.IO{}},
		} {
			if err := client.Call(ctx, call.op, call.args, call.result, call.io); err != nil {
				return err
			}
		}
	}
	return nil
}
