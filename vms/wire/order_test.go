package wire

import (
	"bytes"
	"testing"
	"time"
)

// The numbers on the stream are little-endian on every machine, also on a big-endian guest: a
// host with the other order reads them.
func TestNumbersOnTheStreamAreLittleEndian(t *testing.T) {
	var out bytes.Buffer
	if err := WriteFrame(&out, Frame{Kind: KindCall, Channel: Stdout, ID: 0x01020304, Payload: []byte("abc")}); err != nil {
		t.Fatal(err)
	}
	want := []byte{'b', 'p', 'l', Version, byte(KindCall), Stdout, 0, 0, 4, 3, 2, 1, 3, 0, 0, 0}
	if got := out.Bytes(); !bytes.Equal(got[:16], want) || !bytes.Equal(got[16:20], []byte{0x83, 0xe6, 0xfd, 0x68}) {
		t.Errorf("header % x, want % x; checksum % x", got[:16], want, got[16:20])
	}
	resume := Resume{Time: time.Unix(0, 0x0102030405060708)}
	if got := resume.encode()[:8]; !bytes.Equal(got, []byte{8, 7, 6, 5, 4, 3, 2, 1}) {
		t.Errorf("time % x", got)
	}
	payload, err := EncodeReady(Ready{Machine: "s390x"})
	if err != nil {
		t.Fatal(err)
	}
	server := NewServer(&out, nil)
	out.Reset()
	if err := server.Ready(payload, "00000000-0000-0000-0000-000000000000", 1.5); err != nil {
		t.Fatal(err)
	}
	frame, err := ReadFrame(&out)
	if err != nil || !bytes.Equal(frame.Payload[bootIDSize:readyHead], []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x3f}) {
		t.Errorf("uptime % x, error %v", frame.Payload[bootIDSize:readyHead], err)
	}
	if ready, err := decodeReady(frame.Payload); err != nil || ready.Uptime != 1.5 || ready.Machine != "s390x" {
		t.Errorf("%+v, error %v", ready, err)
	}
}
