// Package wire is the protocol between the host and a guest agent: framed,
// versioned, size-capped messages over any two-way byte stream (a UART, a
// virtio port, a socket, an exec's pipes).
//
// A frame is a 20-byte header and a payload:
//
//	0  3  magic "bpl"
//	3  1  protocol version (Version)
//	4  1  kind
//	5  1  channel (0 in, 1 stdout, 2 stderr)
//	6  2  zero
//	8  4  call id, little endian
//	12 4  payload length, at most MaxPayload
//	16 4  CRC-32C of the 16 bytes before and of the payload
//
// Guest bytes are untrusted: every length is checked before memory is taken,
// every frame by its checksum, and a stream that breaks a rule ends with a
// *ProtocolError. There is no resynchronisation: the machine of a broken stream is
// given up.
//
// A machine starts in two parts, between which it can be copied. First its agent
// boots and says Hello; the host asks it to Prepare; it prepares what does not
// depend on the machine's identity and answers SnapshotReady. Then, in the copy or
// in the machine itself, the host sends Resume with an identity, and the agent takes
// it on and answers Ready. From then on it sends a beat every second; before, it
// sends nothing that was not asked for.
//
// Calls go from host to guest (Client, Serve). A call may carry data both
// ways under its own id; data to the guest is acknowledged, and at most Window
// bytes of it are in flight, because a UART has no flow control of its own.
package wire
