package wire

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// SnapshotReady is what an agent sends once it has nothing more to prepare. Until it is
// resumed it sends and does nothing, so its machine can be copied.
type SnapshotReady struct {
	Port bool `json:"port"` // it waits on the machine's port, not on this stream
}

// Resume gives a snapshot-ready machine an identity of its own, different from every
// copy. It is sent as 88 bytes: the time in nanoseconds since 1970, little endian, the
// seed and the identity. JSON would be slower: under emulation, a machine that was just
// copied has to translate all code that it runs.
type Resume struct {
	Time time.Time           // the host's clock
	Seed [SeedSize]byte      // random bytes for the kernel's pool
	ID   [MachineIDSize]byte // the machine's identity, random

	// Rehearse makes the agent take calls without an identity, all else being zero, until it is
	// parked. What it does at the first time it has done then in every copy of the machine, and
	// nothing that makes one machine different from another.
	Rehearse bool
}

const (
	// SeedSize is the size of a seed in bytes: as much as a kernel's random pool takes in.
	SeedSize = 64
	// MachineIDSize is the size of an identity in bytes; see machine-id(5).
	MachineIDSize = 16

	resumeSize = 8 + SeedSize + MachineIDSize
)

func (w *Resume) encode() []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(w.Time.UnixNano()))
	return append(append(out, w.Seed[:]...), w.ID[:]...)
}

func (w *Resume) decode(b []byte) error {
	if len(b) != resumeSize {
		return &ProtocolError{"resume frame of a wrong size"}
	}
	w.Time = time.Unix(0, int64(binary.LittleEndian.Uint64(b)))
	copy(w.Seed[:], b[8:])
	copy(w.ID[:], b[8+SeedSize:])
	return nil
}

// Hostname returns the machine's name, and MachineID its identity in hexadecimal.
func (w Resume) Hostname() string  { return "bpflab-" + w.MachineID()[:8] }
func (w Resume) MachineID() string { return hex.EncodeToString(w.ID[:]) }

// NewResume returns a random identity for a machine that starts now.
func NewResume() Resume {
	w := Resume{Time: time.Now()}
	rand.Read(w.Seed[:])
	rand.Read(w.ID[:])
	return w
}

// Prepare waits for an agent's hello and asks it to prepare its machine and fall silent.
// It returns the stream on which the agent waits to be resumed: port, which may be nil,
// or stream. When ctx ends first, the streams are closed and the error is ctx's cause;
// else it is the stream's.
func Prepare(ctx context.Context, stream, port io.ReadWriteCloser) (io.ReadWriteCloser, error) {
	stop := context.AfterFunc(ctx, func() { stream.Close() })
	defer stop()
	ready, err := prepare(stream)
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if err != nil {
		return nil, err
	}
	if !ready.Port {
		return stream, nil
	}
	if port == nil {
		return nil, &ProtocolError{"the agent waits on a port that the machine does not have"}
	}
	return port, nil
}

func prepare(stream io.ReadWriter) (SnapshotReady, error) {
	var p SnapshotReady
	if err := awaitHello(stream); err != nil {
		return p, err
	}
	if err := WriteFrame(stream, Frame{Kind: KindPrepare}); err != nil {
		return p, err
	}
	f, err := ReadFrame(stream)
	for err == nil && f.Kind == KindHello { // sent once more before it read our frame
		f, err = ReadFrame(stream)
	}
	if err == nil {
		err = f.want(KindSnapshotReady)
	}
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(f.Payload, &p); err != nil {
		return p, &ProtocolError{"snapshot-ready frame: " + err.Error()}
	}
	return p, nil
}

// expect reads a frame, which must be of this kind.
func expect(stream io.Reader, kind Kind) (Frame, error) {
	f, err := ReadFrame(stream)
	if err == nil {
		err = f.want(kind)
	}
	return f, err
}

func (f Frame) want(kind Kind) error {
	if f.Kind != kind {
		return &ProtocolError{fmt.Sprintf("a frame of kind %d came where %d was to come", f.Kind, kind)}
	}
	return nil
}

// helloEvery is how often an agent without an answer repeats its hello: the host may
// connect late to a stream that drops what nobody reads, such as LXD's console.
const helloEvery = time.Second

// Hello sends hello, again and again until the host asks the agent to prepare.
func Hello(stream io.ReadWriter) error {
	asked := make(chan error, 1)
	go func() {
		_, err := expect(stream, KindPrepare)
		asked <- err
	}()
	for {
		if err := WriteFrame(stream, Frame{Kind: KindHello}); err != nil {
			return err
		}
		select {
		case err := <-asked:
			return err
		case <-time.After(helloEvery):
		}
	}
}

// strayLimit is how much a stream may carry before the first hello, in bytes: the
// output of a firmware on a serial port, or the end of a hello whose beginning was
// lost.
const strayLimit = 64 << 10

// awaitHello reads until an agent has said hello.
func awaitHello(stream io.Reader) error {
	var hello bytes.Buffer
	if err := WriteFrame(&hello, Frame{Kind: KindHello}); err != nil {
		return err
	}
	var got []byte
	for !bytes.HasSuffix(got, hello.Bytes()) {
		if len(got) == strayLimit {
			return noHello(got)
		}
		got = append(got, 0)
		if _, err := io.ReadFull(stream, got[len(got)-1:]); err != nil {
			return errors.Join(err, noHello(got[:len(got)-1]))
		}
	}
	return nil
}

// noHello returns the error for bytes without a hello; nil if there are no bytes.
func noHello(got []byte) error {
	if len(got) == 0 {
		return nil
	}
	return &ProtocolError{fmt.Sprintf("no agent says hello; what came begins with %q", got[:min(len(got), 40)])}
}

// AwaitResume sends on stream that the agent is ready for a snapshot, and waits on port
// (on stream if port is nil) to be resumed. io.EOF means that the host hung up.
func AwaitResume(stream, port io.ReadWriter) (Resume, error) {
	var w Resume
	body, err := json.Marshal(SnapshotReady{Port: port != nil})
	if err != nil {
		return w, err
	}
	if err := WriteFrame(stream, Frame{Kind: KindSnapshotReady, Payload: body}); err != nil {
		return w, err
	}
	if port == nil {
		port = stream
	}
	f, err := ReadFrame(port)
	if err != nil {
		return w, err
	}
	if f.Kind == KindRehearse {
		return Resume{Rehearse: true}, nil
	}
	if err := f.want(KindResume); err != nil {
		return w, err
	}
	return w, w.decode(f.Payload)
}

// Resume resumes a snapshot-ready agent and waits for its ready frame.
func (c *Client) Resume(ctx context.Context, w Resume) (Ready, error) {
	frame := Frame{Kind: KindResume, Payload: w.encode()}
	if w.Rehearse {
		frame = Frame{Kind: KindRehearse}
	}
	if err := c.send(frame); err != nil {
		return Ready{}, err
	}
	return c.ready(ctx)
}
