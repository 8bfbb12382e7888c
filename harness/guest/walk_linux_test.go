package guest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/wire"
)

// fakeVerifier answers each walk with the next of its errors.
type fakeVerifier struct {
	answers []error
	walks   []ebpf.ProgramOptions
}

func (f *fakeVerifier) walk(o ebpf.ProgramOptions) (*ebpf.Collection, error) {
	err := f.answers[len(f.walks)]
	f.walks = append(f.walks, o)
	if err != nil {
		return nil, err
	}
	if o.LogDisabled {
		return &ebpf.Collection{}, nil
	}
	return &ebpf.Collection{Programs: map[string]*ebpf.Program{"p": {VerifierLog: "accepted"}}}, nil
}

func rejection(errno unix.Errno, lines ...string) error {
	return &ebpf.VerifierError{Cause: errno, Log: lines}
}

func TestWalks(t *testing.T) {
	plenty := func() int64 { return 1 << 30 }
	for name, c := range map[string]struct {
		answers []error
		old     bool // the kernel has no terse log
		free    func() int64
		walks   int
		errno   string
		stage   string
		log     string
	}{
		"accepted":                  {answers: []error{nil}, walks: 1, log: "accepted"},
		"rejected after few":        {answers: []error{rejection(unix.EACCES, "why", "processed 5 insns"), rejection(unix.EACCES, "0: (bf)", "why")}, walks: 2, errno: "EACCES", stage: wire.StageLoad, log: "0: (bf)\nwhy"},
		"rejected after a million":  {answers: []error{rejection(unix.E2BIG, "too large", "processed 1000001 insns")}, walks: 1, errno: "E2BIG", stage: wire.StageLoad, log: "too large\nprocessed 1000001 insns"},
		"rejected after many":       {answers: []error{rejection(unix.EACCES, "why", "processed 393216 insns")}, walks: 1, errno: "EACCES", stage: wire.StageLoad, log: "why\nprocessed 393216 insns"},
		"too many jumps":            {answers: []error{unix.EFAULT}, walks: 1, errno: "EFAULT", stage: wire.StageLoad},
		"not relocated":             {answers: []error{errors.New("no type")}, walks: 1, stage: wire.StageRelocate},
		"the log does not fit":      {answers: []error{rejection(unix.EACCES, "why"), rejection(unix.ENOSPC, "0: (bf)")}, walks: 2, errno: "EACCES", stage: wire.StageLoad, log: "0: (bf)"},
		"no log of the second":      {answers: []error{rejection(unix.EACCES, "why"), rejection(unix.EINVAL)}, walks: 2, errno: "EACCES", stage: wire.StageLoad, log: "why"},
		"no memory for a log":       {answers: []error{rejection(unix.EACCES, "why")}, free: func() int64 { return 1 << 16 }, walks: 1, errno: "EACCES", stage: wire.StageLoad, log: "why"},
		"accepted before 5.2":       {answers: []error{nil, nil}, old: true, walks: 2, log: "accepted"},
		"accepted, log too large":   {answers: []error{nil, rejection(unix.EINVAL)}, old: true, walks: 2, log: ""},
		"rejected before 5.2":       {answers: []error{rejection(unix.EINVAL), rejection(unix.EINVAL, "why")}, old: true, walks: 2, errno: "EINVAL", stage: wire.StageLoad, log: "why"},
		"no memory at the first":    {answers: []error{fmt.Errorf("load: %w", unix.ENOMEM), unix.ENOMEM}, walks: 2, errno: "ENOMEM", stage: wire.StageLoad},
		"accepted when asked again": {answers: []error{rejection(unix.EACCES, "why"), nil}, walks: 2, log: "accepted"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.free == nil {
				c.free = plenty
			}
			verifier := fakeVerifier{answers: c.answers}
			got := outcome{name: "p"}
			got.walkTwice(verifier.walk, !c.old, c.free)
			if len(verifier.walks) != c.walks || errnoName(got.err) != c.errno || got.stage != c.stage || got.log != c.log || (got.coll != nil) != (got.err == nil) {
				t.Errorf("%d walks, %+v\nwant %+v", len(verifier.walks), got, c)
			}
			if first := verifier.walks[0]; first.LogDisabled != c.old || first.LogLevel&ebpf.LogLevelBranch != 0 || !c.old && first.LogSizeStart != terseLog {
				t.Errorf("the first walk had options %+v", first)
			}
		})
	}
}

func TestLogIsBounded(t *testing.T) {
	lines := strings.Split(strings.Repeat(strings.Repeat("x", 99)+"\n", 30_000)+"why", "\n")
	log := logOf(nil, "p", rejection(unix.EACCES, lines...))
	if len(log) > largestLog || len(log) < largestLog-200 || !strings.HasSuffix(log, "\nwhy") {
		t.Errorf("%d bytes of log, at most %d wanted, ending in %q", len(log), largestLog, log[max(0, len(log)-20):])
	}
}

func TestStarved(t *testing.T) {
	starved := outcome{name: "p", stage: wire.StageLoad, err: fmt.Errorf("load: %w", unix.ENOMEM)}
	var fault *wire.Fault
	if err := starved.starved(wire.OpVerify); !errors.As(err, &fault) || fault.Code != wire.CodeMemory {
		t.Errorf("ENOMEM: %v", err)
	}
	for _, o := range []outcome{{}, {stage: wire.StageLoad, err: unix.E2BIG}, {stage: wire.StageRelocate, err: unix.ENOMEM}} {
		if err := o.starved(wire.OpVerify); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
