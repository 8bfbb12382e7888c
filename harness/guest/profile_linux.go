package guest

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/harness/guest/logstream"
	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/harness/verifierlog"
)

// profile has the verifier walk through an accepted program once more, for a log of all
// instructions, and counts them while the kernel writes it. What cannot be counted is no error:
// the answer says why.
func (o *outcome) profile(walk walk) verifierlog.Answer {
	var counter verifierlog.Counter
	var answer verifierlog.Answer
	err := o.stream(walk, &counter, &answer.Loaded)
	if errors.As(err, new(notStreamed)) {
		if size := o.bufferSize(); size > 0 {
			err = buffered(walk, o.name, size, &counter)
		}
	}
	answer.Counts = counter.Counts()
	if err != nil {
		answer.Failed = err.Error()
	}
	return answer
}

// notStreamed says why the log cannot be read while it is written.
type notStreamed struct{ error }

// stream reads the log while the kernel writes it, and takes the number of instructions that
// the kernel was given.
func (o *outcome) stream(walk walk, counter *verifierlog.Counter, insns *int) error {
	buffer, err := logstream.New(logstream.Largest, counter)
	if err != nil {
		return notStreamed{err}
	}
	defer buffer.Close()
	load := logstream.Load{Level: probe.PathsLogLevel(), Restart: func() { *counter = verifierlog.Counter{} }}
	var loaded error
	err = load.Redirect(buffer, func() { loaded = o.once(walk, load.Level, 0) })
	*insns = load.Insns
	switch {
	case err != nil && load.Insns == 0:
		return notStreamed{err}
	case err == nil && !counter.Closed() && counter.Bytes() >= logstream.Largest-1:
		return fmt.Errorf("the log is longer than the %d MiB at which kernels cut it off", logstream.Largest>>20+1)
	case err == nil && !counter.Closed():
		return loaded // which fails for the buffer alone if the log has its end
	}
	return err
}

// once loads the program and unloads it.
func (o *outcome) once(walk walk, level, size uint32) error {
	coll, err := walk(ebpf.ProgramOptions{LogLevel: ebpf.LogLevel(level), LogSizeStart: size})
	if err == nil {
		coll.Close()
	}
	return err
}

// bufferSize returns the size of a buffer for the whole log, in bytes, 0 if that may take more
// than the memory. Kernels before 5.2 take none that is larger.
func (o *outcome) bufferSize() int {
	if !probe.HasTerseLog() {
		return probe.InsnLog("", 0, probe.Free())
	}
	return probe.InsnLog(o.log, o.took, probe.Free())
}

// buffered reads a log that fits a buffer.
func buffered(walk walk, name string, size int, counter *verifierlog.Counter) error {
	coll, err := walk(ebpf.ProgramOptions{LogLevel: ebpf.LogLevel(probe.PathsLogLevel()), LogSizeStart: uint32(size)})
	if err != nil {
		return fmt.Errorf("a log of %d bytes: %w", size, err)
	}
	defer coll.Close()
	_, err = counter.Write([]byte(coll.Programs[name].VerifierLog))
	return err
}
