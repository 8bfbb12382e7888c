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

// Parked is what an agent says once it has nothing more to prepare. It sends
// and does nothing then until it is woken, so its machine can be copied.
type Parked struct {
	Port bool `json:"port"` // it waits on the machine's port, not on this stream
}

// Wake makes a parked machine one of its own, different from every copy. It
// travels as 88 bytes: the time in nanoseconds since 1970, little endian, the
// seed and the identity; a machine that was just copied has all its code still
// to translate, and JSON is much code.
type Wake struct {
	Time time.Time           // the host's clock
	Seed [SeedSize]byte      // random bytes for the kernel's pool
	ID   [MachineIDSize]byte // the machine's identity, random
}

const (
	// SeedSize is what a kernel's random pool takes in at its best, in bytes.
	SeedSize = 64
	// MachineIDSize is the size of an identity in bytes; see machine-id(5).
	MachineIDSize = 16

	wakeSize = 8 + SeedSize + MachineIDSize
)

func (w *Wake) encode() []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(w.Time.UnixNano()))
	return append(append(out, w.Seed[:]...), w.ID[:]...)
}

func (w *Wake) decode(b []byte) error {
	if len(b) != wakeSize {
		return &ProtocolError{"wake frame of a wrong size"}
	}
	w.Time = time.Unix(0, int64(binary.LittleEndian.Uint64(b)))
	copy(w.Seed[:], b[8:])
	copy(w.ID[:], b[8+SeedSize:])
	return nil
}

// Hostname returns the machine's name, and MachineID its identity in hexadecimal.
func (w Wake) Hostname() string  { return "bpflab-" + w.MachineID()[:8] }
func (w Wake) MachineID() string { return hex.EncodeToString(w.ID[:]) }

// NewWake returns the wake of a machine that starts now.
func NewWake() Wake {
	w := Wake{Time: time.Now()}
	rand.Read(w.Seed[:])
	rand.Read(w.ID[:])
	return w
}

// Park returns the host's part at the boot of an agent: it waits for its first
// word and has it prepare its machine and fall silent. It returns the stream on
// which the agent waits to be woken: port, which may be nil, or stream. When ctx
// ends first, the streams are closed and the error is ctx's cause; else it is
// the stream's.
func Park(ctx context.Context, stream, port io.ReadWriteCloser) (io.ReadWriteCloser, error) {
	stop := context.AfterFunc(ctx, func() { stream.Close() })
	defer stop()
	parked, err := park(stream)
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if err != nil {
		return nil, err
	}
	if !parked.Port {
		return stream, nil
	}
	if port == nil {
		return nil, &ProtocolError{"the agent waits on a port that the machine does not have"}
	}
	return port, nil
}

func park(stream io.ReadWriter) (Parked, error) {
	var p Parked
	if err := awaitHello(stream); err != nil {
		return p, err
	}
	if err := WriteFrame(stream, Frame{Kind: KindPark}); err != nil {
		return p, err
	}
	f, err := ReadFrame(stream)
	for err == nil && f.Kind == KindHello { // said once more before it heard us
		f, err = ReadFrame(stream)
	}
	if err == nil {
		err = f.want(KindParked)
	}
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(f.Payload, &p); err != nil {
		return p, &ProtocolError{"parked frame: " + err.Error()}
	}
	return p, nil
}

// expect reads the one frame that may come.
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

// helloEvery is how often an agent that nobody answers says hello again: the
// host may come late to a stream that loses what nobody reads, as LXD's console
// does.
const helloEvery = time.Second

// Hello returns the agent's part at its boot: it says that it is there, again and
// again until the host wants it parked.
func Hello(stream io.ReadWriter) error {
	heard := make(chan error, 1)
	go func() {
		_, err := expect(stream, KindPark)
		heard <- err
	}()
	for {
		if err := WriteFrame(stream, Frame{Kind: KindHello}); err != nil {
			return err
		}
		select {
		case err := <-heard:
			return err
		case <-time.After(helloEvery):
		}
	}
}

// strayLimit is how much a stream may carry before the first hello, in bytes: a
// firmware's words on a serial port, or the end of a hello of which the
// beginning was lost.
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

// noHello returns what is wrong with bytes that no hello is in; nil if there are
// none.
func noHello(got []byte) error {
	if len(got) == 0 {
		return nil
	}
	return &ProtocolError{fmt.Sprintf("no agent says hello; what came begins with %q", got[:min(len(got), 40)])}
}

// AwaitWake says on stream that the agent is parked, and waits on port (on
// stream if port is nil) to be woken. io.EOF means that the host hung up.
func AwaitWake(stream, port io.ReadWriter) (Wake, error) {
	var w Wake
	body, err := json.Marshal(Parked{Port: port != nil})
	if err != nil {
		return w, err
	}
	if err := WriteFrame(stream, Frame{Kind: KindParked, Payload: body}); err != nil {
		return w, err
	}
	if port == nil {
		port = stream
	}
	f, err := expect(port, KindWake)
	if err != nil {
		return w, err
	}
	return w, w.decode(f.Payload)
}

// Wake wakes a parked agent and waits for its first frame.
func (c *Client) Wake(ctx context.Context, w Wake) (Ready, error) {
	if err := c.send(Frame{Kind: KindWake, Payload: w.encode()}); err != nil {
		return Ready{}, err
	}
	return c.ready(ctx)
}
