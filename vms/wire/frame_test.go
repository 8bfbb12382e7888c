package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func frame(t testing.TB, f Frame) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteFrame(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFrameRoundTrip(t *testing.T) {
	for _, f := range []Frame{
		{Kind: KindBeat, Payload: []byte{}},
		{Kind: KindCall, ID: 7, Payload: []byte(`{"op":"exec"}`)},
		{Kind: KindData, Channel: Stderr, ID: 1 << 31, Payload: bytes.Repeat([]byte{0, 0xff}, 1000)},
		{Kind: KindData, ID: 1, Payload: make([]byte, MaxPayload)},
	} {
		got, err := ReadFrame(bytes.NewReader(frame(t, f)))
		if err != nil {
			t.Fatalf("kind %d: %v", f.Kind, err)
		}
		if got.Kind != f.Kind || got.ID != f.ID || got.Channel != f.Channel || !bytes.Equal(got.Payload, f.Payload) {
			t.Errorf("kind %d came back as %+v", f.Kind, got)
		}
	}
}

func TestWriteFrameRefusesTooLarge(t *testing.T) {
	err := WriteFrame(io.Discard, Frame{Kind: KindData, Payload: make([]byte, MaxPayload+1)})
	if !errors.As(err, new(*ProtocolError)) {
		t.Errorf("got %v, want a ProtocolError", err)
	}
}

func TestReadFrameRefuses(t *testing.T) {
	good := frame(t, Frame{Kind: KindReply, ID: 3, Payload: []byte(`{}`)})
	change := func(at int, b byte) []byte {
		bad := bytes.Clone(good)
		bad[at] = b
		return bad
	}
	huge := bytes.Clone(good)
	binary.LittleEndian.PutUint32(huge[12:], 1<<31)
	for _, tt := range []struct {
		name, want string
		raw        []byte
	}{
		{"wrong magic", "no frame begins with", change(0, 'B')},
		{"another version", "version 9", change(3, 9)},
		{"unknown kind", "bad header", change(4, 200)},
		{"kind zero", "bad header", change(4, 0)},
		{"unknown channel", "bad header", change(5, 3)},
		{"reserved bytes", "bad header", change(7, 1)},
		{"length over the cap", "over the cap", huge},
		{"changed id", "checksum", change(8, 4)},
		{"changed payload", "checksum", change(headerSize, '[')},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ReadFrame(bytes.NewReader(tt.raw))
			if !errors.As(err, new(*ProtocolError)) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want a ProtocolError with %q", err, tt.want)
			}
		})
	}
}

func TestReadFrameEnds(t *testing.T) {
	good := frame(t, Frame{Kind: KindReply, ID: 3, Payload: []byte(`{}`)})
	if _, err := ReadFrame(bytes.NewReader(nil)); err != io.EOF {
		t.Errorf("between frames: %v, want io.EOF", err)
	}
	for n := 1; n < len(good); n++ {
		if _, err := ReadFrame(bytes.NewReader(good[:n])); err != io.ErrUnexpectedEOF {
			t.Errorf("after %d bytes: %v, want io.ErrUnexpectedEOF", n, err)
		}
	}
}

// FuzzReadFrame: whatever a guest sends is a frame that writes back to the
// same bytes, or an error.
func FuzzReadFrame(f *testing.F) {
	seeds, _ := filepath.Glob("testdata/fuzz/FuzzReadFrame/*")
	if len(seeds) == 0 {
		f.Fatal("the seed corpus is empty")
	}
	for _, s := range seeds {
		if _, err := os.Stat(s); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(frame(f, Frame{Kind: KindReady, Payload: []byte(`{"release":"6.1"}`)}))
	f.Add(frame(f, Frame{Kind: KindData, Channel: Stdout, ID: 2, Payload: []byte("hello")}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := ReadFrame(bytes.NewReader(raw))
		if err != nil {
			return
		}
		if again := frame(t, got); !bytes.Equal(again, raw[:len(again)]) {
			t.Errorf("% x was read as %+v, which writes as % x", raw, got, again)
		}
	})
}
