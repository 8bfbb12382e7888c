package wire

import (
	"context"
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

// Wake makes a parked machine one of its own, different from every copy.
type Wake struct {
	Time      time.Time `json:"time"`       // the host's clock
	Seed      []byte    `json:"seed"`       // random bytes for the kernel's pool, SeedSize of them
	Hostname  string    `json:"hostname"`   //
	MachineID string    `json:"machine_id"` // 32 hexadecimal digits
}

// SeedSize is the length of Wake.Seed: what a kernel's random pool takes in at
// its best, in bytes.
const SeedSize = 64

// Park is the host's part at the boot of an agent: it waits for its first
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
	if _, err := expect(stream, KindHello); err != nil {
		return p, err
	}
	if err := WriteFrame(stream, Frame{Kind: KindPark}); err != nil {
		return p, err
	}
	f, err := expect(stream, KindParked)
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
	if err == nil && f.Kind != kind {
		err = &ProtocolError{fmt.Sprintf("a frame of kind %d came where %d was to come", f.Kind, kind)}
	}
	return f, err
}

// Hello is the agent's part at its boot: it says that it is there and waits
// until the host wants it parked.
func Hello(stream io.ReadWriter) error {
	if err := WriteFrame(stream, Frame{Kind: KindHello}); err != nil {
		return err
	}
	_, err := expect(stream, KindPark)
	return err
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
	if err := json.Unmarshal(f.Payload, &w); err != nil {
		return w, &ProtocolError{"wake frame: " + err.Error()}
	}
	if len(w.Seed) != SeedSize {
		return w, errors.New("wake: a seed of a wrong size")
	}
	return w, nil
}

// Wake wakes a parked agent and waits for its first frame.
func (c *Client) Wake(ctx context.Context, w Wake) (Ready, error) {
	body, err := json.Marshal(w)
	if err != nil {
		return Ready{}, err
	}
	if err := c.send(Frame{Kind: KindWake, Payload: body}); err != nil {
		return Ready{}, err
	}
	return c.ready(ctx)
}
