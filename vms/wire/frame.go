package wire

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
)

const (
	// Version is the protocol's version; both ends must agree.
	Version = 1
	// MaxPayload caps one frame's payload, in bytes.
	MaxPayload = 1 << 20

	headerSize = 20
	magic      = "bpl"
)

// Kind says what a frame is.
type Kind uint8

const (
	KindReady         Kind = 1 + iota // guest: I have resumed and take calls (Ready), once
	KindCall                          // host: do this (callBody)
	KindReply                         // guest: a call's result; ends the call
	KindFault                         // guest: a call's error (Fault); ends the call
	KindData                          // either: bytes of a call on a channel
	KindEnd                           // host: no more data for this call
	KindAck                           // guest: that many bytes of a call's data were taken (8 bytes LE)
	KindCancel                        // host: stop this call
	KindBeat                          // guest: alive, about once a second
	KindHello                         // guest: I am there, the first frame after a boot
	KindPrepare                       // host: prepare your machine and fall silent
	KindSnapshotReady                 // guest: done; I may be copied now (SnapshotReady)
	KindResume                        // host: this is who you are (Resume)
	KindPark                          // host: take no more calls, and wait to be resumed again; answered by KindSnapshotReady
	KindRehearse                      // host: instead of KindResume: take calls without an identity, until you are parked
	kindLast          = KindRehearse
)

// Channels of data frames.
const (
	In     uint8 = 0
	Stdout uint8 = 1
	Stderr uint8 = 2
)

// Frame is one message.
type Frame struct {
	Kind    Kind
	Channel uint8
	ID      uint32
	Payload []byte
}

// ProtocolError is a stream that broke the protocol's rules.
type ProtocolError struct{ Msg string }

func (e *ProtocolError) Error() string { return "wire: " + e.Msg }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// WriteFrame writes f with a single Write. It refuses payloads over MaxPayload.
func WriteFrame(w io.Writer, f Frame) error {
	if len(f.Payload) > MaxPayload {
		return &ProtocolError{fmt.Sprintf("payload of %d bytes is over the cap of %d", len(f.Payload), MaxPayload)}
	}
	buf := make([]byte, headerSize, headerSize+len(f.Payload))
	copy(buf, magic)
	buf[3], buf[4], buf[5] = Version, byte(f.Kind), f.Channel
	binary.LittleEndian.PutUint32(buf[8:], f.ID)
	binary.LittleEndian.PutUint32(buf[12:], uint32(len(f.Payload)))
	sum := crc32.Update(crc32.Checksum(buf[:16], castagnoli), castagnoli, f.Payload)
	binary.LittleEndian.PutUint32(buf[16:], sum)
	_, err := w.Write(append(buf, f.Payload...))
	return err
}

// ReadFrame reads one frame. It returns io.EOF at a clean end between frames,
// io.ErrUnexpectedEOF inside one, and *ProtocolError for anything that is not a frame of
// this version.
func ReadFrame(r io.Reader) (Frame, error) { return readFrame(r, func() {}) }

// readFrame reads one frame, and calls begun when it has its header.
func readFrame(r io.Reader, begun func()) (Frame, error) {
	var head [headerSize]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return Frame{}, err
	}
	size, err := checkHeader(head[:])
	if err != nil {
		return Frame{}, err
	}
	begun()
	f := Frame{Kind: Kind(head[4]), Channel: head[5], ID: binary.LittleEndian.Uint32(head[8:]), Payload: make([]byte, size)}
	if _, err := io.ReadFull(r, f.Payload); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return Frame{}, err
	}
	sum := crc32.Update(crc32.Checksum(head[:16], castagnoli), castagnoli, f.Payload)
	if sum != binary.LittleEndian.Uint32(head[16:]) {
		return Frame{}, &ProtocolError{"checksum does not match: bytes were lost or changed on the way"}
	}
	return f, nil
}

func checkHeader(head []byte) (size uint32, err error) {
	if string(head[:3]) != magic {
		return 0, &ProtocolError{fmt.Sprintf("no frame begins with %q", head[:4])}
	}
	if head[3] != Version {
		return 0, &ProtocolError{fmt.Sprintf("guest speaks version %d, this bpflab speaks %d", head[3], Version)}
	}
	if k := Kind(head[4]); k == 0 || k > kindLast || head[5] > Stderr || head[6] != 0 || head[7] != 0 {
		return 0, &ProtocolError{fmt.Sprintf("bad header % x", head[4:8])}
	}
	if size = binary.LittleEndian.Uint32(head[12:]); size > MaxPayload {
		return 0, &ProtocolError{fmt.Sprintf("payload of %d bytes is over the cap of %d", size, MaxPayload)}
	}
	return size, nil
}
