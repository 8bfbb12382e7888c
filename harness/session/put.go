package session

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"

	"github.com/bpflab/bpflab/vms/wire"
)

// Sent receives how much of a content has gone to the guest, in bytes.
type Sent func(sent, size int64)

// Put stores a content of size bytes as a file in the guest. report, which may
// be nil, is called as it goes. The error is *wire.Fault where the guest cannot
// store it, else the machine's.
func (s *Session) Put(ctx context.Context, path string, mode fs.FileMode, content io.Reader, size int64, report Sent) error {
	var res wire.PutResult
	args := wire.Put{Path: path, Mode: uint32(mode.Perm())}
	if err := s.call(ctx, wire.OpPut, args, &res, wire.IO{In: metered(content, size, report)}); err != nil {
		return err
	}
	if res.Size != size {
		return fmt.Errorf("put %s: %d bytes went of %d", path, res.Size, size)
	}
	return nil
}

// placeTarget stores the program that the lab watches, if it has one.
func (s *Session) placeTarget(ctx context.Context, job Job) error {
	program := job.Objects[job.Lab.Target]
	if job.Lab.Target == "" || program == nil {
		return nil
	}
	return s.Put(ctx, job.Lab.TargetPath(), 0o755, bytes.NewReader(program), int64(len(program)), nil)
}

// reportEvery is how many bytes are sent between two calls of a Sent. Smaller contents
// are sent before anybody could read a report.
const reportEvery = 1 << 20

// meter reports how much was read of it.
type meter struct {
	content    io.Reader
	sent, size int64
	report     Sent
}

func metered(content io.Reader, size int64, report Sent) io.Reader {
	if report == nil || size <= reportEvery {
		return content
	}
	return &meter{content: content, size: size, report: report}
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.content.Read(p)
	before := m.sent / reportEvery
	m.sent += int64(n)
	if m.sent/reportEvery > before || m.sent == m.size && n > 0 {
		m.report(m.sent, m.size)
	}
	return n, err
}

// upload sends the step's object to the guest.
func (st *step) upload() io.Reader {
	return metered(bytes.NewReader(st.object), int64(len(st.object)), st.sent)
}
