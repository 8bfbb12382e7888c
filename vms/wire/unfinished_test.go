package wire

import (
	"bytes"
	"errors"
	"net"
	"testing"
)

// TestUnfinished sends a header without its payload, and then bytes that are no frame.
func TestUnfinished(t *testing.T) {
	host, guest := net.Pipe()
	c := NewClient(host)
	if err := c.Unfinished(); err != nil {
		t.Errorf("nothing was sent: %v", err)
	}
	var frame bytes.Buffer
	if err := WriteFrame(&frame, Frame{Kind: KindData, ID: 1, Payload: make([]byte, 4)}); err != nil {
		t.Fatal(err)
	}
	guest.Write(frame.Bytes()[:headerSize])
	guest.Write(frame.Bytes()[headerSize : headerSize+1]) // taken only once the header was
	var broken *ProtocolError
	if err := c.Unfinished(); !errors.As(err, &broken) {
		t.Errorf("a header without its payload: %v", err)
	}
	guest.Write([]byte("xyz"))
	<-c.Done()
	if err := c.Err(); !errors.As(err, &broken) {
		t.Errorf("a payload that is not the header's: %v", err)
	}
}
