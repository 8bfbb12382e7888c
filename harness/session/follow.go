package session

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/bpflab/bpflab/vms/wire"
)

// Follow reports the lines in the kernel's trace buffer as they come, until ctx or the
// machine ends; the error says which.
func (s *Session) Follow(ctx context.Context, report func(wire.Followed)) error {
	return s.call(ctx, wire.OpFollow, nil, nil, wire.IO{Stdout: &followedLines{report: report}})
}

// maxFollowed bounds a line of a guest's, in bytes; a longer one is left out.
const maxFollowed = 4 << 20

// followedLines reads JSON, one value a line.
type followedLines struct {
	report func(wire.Followed)
	part   []byte
}

func (f *followedLines) Write(p []byte) (int, error) {
	f.part = append(f.part, p...)
	for {
		line, rest, whole := bytes.Cut(f.part, []byte("\n"))
		if !whole {
			if len(f.part) > maxFollowed {
				f.part = nil
			}
			return len(p), nil
		}
		var news wire.Followed
		if json.Unmarshal(line, &news) == nil {
			f.report(news)
		}
		f.part = append([]byte(nil), rest...)
	}
}
