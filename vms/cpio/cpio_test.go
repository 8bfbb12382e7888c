package cpio_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	reader "github.com/cavaliergopher/cpio"

	"github.com/bpflab/bpflab/vms/cpio"
)

// archive writes one of everything.
func archive(w io.Writer) error {
	out := cpio.NewWriter(w)
	out.Entry(cpio.Header{Name: "dev", Mode: cpio.TypeDir | 0o755}, nil)
	out.Entry(cpio.Header{Name: "dev/console", Mode: cpio.TypeDevice | 0o600, Device: [2]uint32{5, 1}}, nil)
	out.Entry(cpio.Header{Name: "init", Mode: cpio.TypeFile | 0o755, Size: 5}, strings.NewReader("hello"))
	out.Link("sbin", "usr/sbin")
	return out.Close()
}

// The form as the kernel's documentation has it, byte for byte.
const console = "070701" + "00000002" + "00002180" + "00000000" + "00000000" + "00000001" + "00000000" + "00000000" +
	"00000000" + "00000000" + "00000005" + "00000001" + "0000000C" + "00000000" + "dev/console\x00" + "\x00\x00"

func TestForm(t *testing.T) {
	var first, again bytes.Buffer
	if err := errors.Join(archive(&first), archive(&again)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), again.Bytes()) {
		t.Error("the same entries make other bytes")
	}
	if !strings.Contains(first.String(), console) {
		t.Errorf("the console is not in it as %q:\n%q", console, first.String())
	}
}

func TestOthersReadIt(t *testing.T) {
	var b bytes.Buffer
	if err := archive(&b); err != nil {
		t.Fatal(err)
	}
	var got []string
	for r := reader.NewReader(&b); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, h.Name+"="+h.Linkname+string(text))
	}
	if want := "dev= dev/console= init=hello sbin=usr/sbin"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPad(t *testing.T) {
	var b bytes.Buffer
	w := cpio.NewWriter(&b)
	w.Link("a", "b")
	if err := w.Pad(512); err != nil || b.Len() != 512 {
		t.Errorf("%d bytes, error %v", b.Len(), err)
	}
	if err := w.Pad(512); err != nil || b.Len() != 512 {
		t.Errorf("again: %d bytes, error %v", b.Len(), err)
	}
}

func TestErrors(t *testing.T) {
	for _, test := range []struct {
		name    string
		size    int64
		content string
		want    string
	}{
		{"shorter", 6, "hello", "changed while it was read"},
		{"longer", 4, "hello", "changed while it was read"},
		{"too large", cpio.MaxSize + 1, "", "at most 4294967295"},
		{"negative", -1, "", "-1 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := cpio.NewWriter(io.Discard)
			first := w.Entry(cpio.Header{Name: "file", Mode: cpio.TypeFile, Size: test.size}, strings.NewReader(test.content))
			if first == nil || !strings.Contains(first.Error(), test.want) {
				t.Errorf("error %v, want one with %q", first, test.want)
			}
			if err := w.Close(); err != first {
				t.Errorf("then %v, want the first error", err)
			}
		})
	}
}

// full is a disk without room.
type full struct{ error }

func (f full) Write([]byte) (int, error) { return 0, f.error }

func TestWriterThatFails(t *testing.T) {
	want := errors.New("no room")
	if err := archive(full{want}); !errors.Is(err, want) {
		t.Errorf("error %v", err)
	}
}
