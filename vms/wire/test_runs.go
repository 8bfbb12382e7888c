package wire

import (
	"encoding/binary"
	"fmt"
	"io"
)

// TestRun runs a loaded program by BPF_PROG_TEST_RUN, on each of the packets that are the
// call's data (see [AppendPacket]).
type TestRun struct {
	Program  string `json:"program"`
	Packets  int    `json:"packets"`             // how many there are; 0 runs it once, on a context alone
	Repeat   int    `json:"repeat"`              // how often on each; 0 for types of programs that the kernel runs only once
	Context  []byte `json:"context,omitempty"`   // what its context is at first
	LengthAt int    `json:"length_at,omitempty"` // where the length of the packet is put in the context, as 32 bits; 0 is nowhere
	After    bool   `json:"after,omitempty"`     // return the context, too
	InPlace  bool   `json:"in_place,omitempty"`  // the kernel writes the context where it has read it
	Bare     bool   `json:"bare,omitempty"`      // the kernel gives no packet back
}

// TestRunsResult is how a [TestRun] ended; what came of each packet is the call's data, as
// [Ran] in their order.
type TestRunsResult struct {
	Ran     int        `json:"ran"` // outcomes; fewer than packets if the call was cancelled
	Context []byte     `json:"context,omitempty"`
	Errors  []RunError `json:"errors,omitempty"` // what the numbers of errors mean, each once
}

// RunError is an error with which the kernel did not run a program.
type RunError struct {
	Number  uint16 `json:"number"`
	Name    string `json:"name"` // "EINVAL"
	Text    string `json:"text"`
	Lacking bool   `json:"lacking,omitempty"` // the kernel runs no programs of this type
}

// Ran is what came of one packet: a return value and the packet afterwards, or the number
// of an error. Same stands for a packet that is as it was.
type Ran struct {
	Returned uint32
	Error    uint16
	Same     bool
	Out      []byte
}

const (
	packetHeader = 4
	ranHeader    = 12
)

// MaxTestPacket is the most bytes of a packet, before and after a run.
const MaxTestPacket = 1 << 20

// AppendPacket appends a packet as the data of a [TestRun] has it.
func AppendPacket(b, packet []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(packet))), packet...)
}

// ReadPacket reads what [AppendPacket] has written.
func ReadPacket(r io.Reader) ([]byte, error) {
	var head [packetHeader]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	return readCounted(r, binary.LittleEndian.Uint32(head[:]))
}

// Append appends an outcome as the answer of a [TestRun] has it.
func (o Ran) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, o.Returned)
	b = binary.LittleEndian.AppendUint16(b, o.Error)
	var same uint16
	if o.Same {
		same = 1
	}
	b = binary.LittleEndian.AppendUint16(b, same)
	return AppendPacket(b, o.Out)
}

// ReadRan reads what [Ran.Append] has written.
func ReadRan(r io.Reader) (Ran, error) {
	var head [ranHeader]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return Ran{}, err
	}
	out, err := readCounted(r, binary.LittleEndian.Uint32(head[8:]))
	return Ran{Returned: binary.LittleEndian.Uint32(head[:]), Error: binary.LittleEndian.Uint16(head[4:]), Same: head[6]&1 != 0, Out: out}, err
}

func readCounted(r io.Reader, n uint32) ([]byte, error) {
	if n > MaxTestPacket {
		return nil, &ProtocolError{fmt.Sprintf("a packet of %d bytes is over the cap of %d", n, MaxTestPacket)}
	}
	if n == 0 {
		return nil, nil
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	return b, nil
}
