package guest

import (
	"errors"
	"strings"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/vms/wire"
)

// A walk loads a program once, and the verifier goes through it once: cilium/ebpf loads
// again only where the log does not fit its buffer.
type walk func(ebpf.ProgramOptions) (*ebpf.Collection, error)

// load makes the verifier walk through the program, and once more for the log of its
// instructions if probe.InsnLog allows it. A kernel without a terse log gives no log at
// all on the first walk, so that one that grows too large cannot fail the load.
func (o *outcome) load(walk walk) {
	o.walkTwice(walk, probe.HasTerseLog(), probe.Free)
}

// terseLog is the size of the buffer for a terse log, in bytes. It is much more than such a
// log takes: for one that does not fit cilium/ebpf has the verifier walk again.
const terseLog = 128 << 10

func (o *outcome) walkTwice(walk walk, terse bool, free func() int64) {
	first, second := ebpf.ProgramOptions{LogDisabled: true}, ebpf.LogLevelBranch
	if terse {
		first, second = ebpf.ProgramOptions{LogLevel: ebpf.LogLevelStats, LogSizeStart: terseLog}, ebpf.LogLevelBranch|ebpf.LogLevelStats
	}
	began := time.Now()
	coll, err := walk(first)
	o.took = time.Since(began)
	o.coll, o.err, o.stage, o.log = coll, err, stageOf(err), logOf(coll, o.name, err)
	if err == nil && terse || err != nil && o.stage != wire.StageLoad || errors.Is(err, unix.EFAULT) {
		return // EFAULT: cilium/ebpf keeps no log of it
	}
	size := probe.InsnLog(o.log, o.took, free())
	if size == 0 {
		return
	}
	o.again(walk(ebpf.ProgramOptions{LogLevel: second, LogSizeStart: uint32(size)}))
}

// again takes what the second walk adds to the first one. The first one's answer holds:
// the second may have failed for its log alone.
func (o *outcome) again(coll *ebpf.Collection, err error) {
	if log := logOf(coll, o.name, err); log != "" {
		o.log = log
	}
	switch {
	case err == nil:
		o.close()
		o.coll, o.err, o.stage = coll, nil, ""
	case o.err != nil && errnoName(err) == errnoName(o.err):
		o.err = err
	}
}

// stageOf returns where a load failed: at the kernel, if that was asked.
func stageOf(err error) string {
	var verifier *ebpf.VerifierError
	var errno unix.Errno
	switch {
	case err == nil:
		return ""
	case errors.As(err, &verifier) || errors.As(err, &errno):
		return wire.StageLoad
	}
	return wire.StageRelocate
}

// largestLog is how much of a verifier's log is kept, in bytes.
const largestLog = 1 << 20

// logOf returns the end of the verifier's log of a load.
func logOf(coll *ebpf.Collection, name string, err error) string {
	if coll != nil && coll.Programs[name] != nil {
		return probe.Tail(coll.Programs[name].VerifierLog, largestLog)
	}
	var verifier *ebpf.VerifierError
	if !errors.As(err, &verifier) {
		return ""
	}
	from, size := len(verifier.Log), 0
	for from > 0 && size+len(verifier.Log[from-1]) < largestLog {
		from--
		size += len(verifier.Log[from]) + 1
	}
	return strings.Join(verifier.Log[from:], "\n")
}
