package bootimage

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"github.com/ulikunitz/xz/lzma"

	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
)

var vmlinux = kerneltest.Vmlinux("6.1.0-56-cloud-amd64", true, bytes.Repeat([]byte("more kernel "), 2000))

func gzipped(text []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(text) // a buffer takes it all
	_ = w.Close()
	return b.Bytes()
}

func lzmaed(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := lzma.NewWriter(&b)
	if err == nil {
		_, err = w.Write(text)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// lz4Stored returns a legacy LZ4 frame of one block with literals alone.
func lz4Stored(text []byte) []byte {
	block := []byte{0xf0}
	rest := len(text) - 15
	for ; rest >= 255; rest -= 255 {
		block = append(block, 255)
	}
	block = append(append(block, byte(rest)), text...)
	frame := binary.LittleEndian.AppendUint32(nil, lz4Magic)
	return append(binary.LittleEndian.AppendUint32(frame, uint32(len(block))), block...)
}

func read(b []byte) (*Image, error) { return Read(bytes.NewReader(b), int64(len(b))) }

func TestVmlinux(t *testing.T) {
	tests := map[string][]byte{
		"plain": vmlinux,
		"gzip":  gzipped(vmlinux),
		"xz":    kerneltest.WithSize(kerneltest.XZ(vmlinux), vmlinux),
		"zstd":  kerneltest.Payload(vmlinux),
		"lzma":  kerneltest.WithSize(lzmaed(t, vmlinux), vmlinux),
		"lz4":   kerneltest.WithSize(lz4Stored(vmlinux), vmlinux),
	}
	for name, payload := range tests {
		t.Run(name, func(t *testing.T) {
			image, err := read(kerneltest.BzImage("6.1.0-56-cloud-amd64", payload))
			if err != nil {
				t.Fatal(err)
			}
			if got := image.Release(); got != "6.1.0-56-cloud-amd64" {
				t.Errorf("release %q", got)
			}
			var out bytes.Buffer
			if err := image.Vmlinux(&out); err != nil || !bytes.Equal(out.Bytes(), vmlinux) {
				t.Errorf("got %d bytes, %v", out.Len(), err)
			}
		})
	}
}

func TestVmlinuxErrors(t *testing.T) {
	tests := map[string]struct {
		payload []byte
		want    error
	}{
		"LZO":            {[]byte("\x89LZO\x00\x0d\x0a\x1a\x0a"), ErrCompression},
		"nothing known":  {[]byte("????????"), ErrCompression},
		"zstd cut off":   {kerneltest.Payload(vmlinux)[:90], ErrFormat},
		"gzip cut off":   {gzipped(vmlinux)[:90], ErrFormat},
		"lz4 cut off":    {lz4Stored(vmlinux)[:200], ErrFormat},
		"zstd of no end": {[]byte("\x28\xb5\x2f\xfd"), ErrFormat},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			image, err := read(kerneltest.BzImage("6.1", tt.payload))
			if err != nil {
				t.Fatal(err)
			}
			if err := image.Vmlinux(io.Discard); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("no space left on device")

// A full disk is no wrong kernel.
func TestVmlinuxOnFullDisk(t *testing.T) {
	image, err := read(kerneltest.BzImage("6.1", kerneltest.Payload(vmlinux)))
	if err != nil {
		t.Fatal(err)
	}
	if err := image.Vmlinux(fullDisk{}); err != errFull {
		t.Errorf("error %v, want the disk's alone", err)
	}
}

func TestReadRejects(t *testing.T) {
	good := kerneltest.Kernel("6.1")
	old := bytes.Clone(good)
	binary.LittleEndian.PutUint16(old[protocol:], 0x203)
	tests := map[string][]byte{
		"empty":        nil,
		"passwd":       []byte("root:x:0:0:root:/root:/bin/bash\n"),
		"zeros":        make([]byte, 10_000),
		"cut off":      good[:len(good)-1],
		"old protocol": old,
	}
	for name, b := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := read(b); !errors.Is(err, ErrFormat) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestUnpackLZ4(t *testing.T) {
	tests := []struct {
		name, block, want string
	}{
		{"literals alone", "\x30abc", "abc"},
		{"a match", "\x30abc\x03\x00\x00", "abcabca"},
		{"a match that overlaps itself", "\x12x\x01\x00\x10y", "xxxxxxxy"},
		{"a long match", "\x1fx\x01\x00\x05\x10y", "x" + string(bytes.Repeat([]byte("x"), 24)) + "y"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := unpackLZ4([]byte(tt.block))
			if err != nil || string(got) != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestUnpackLZ4Rejects(t *testing.T) {
	for name, block := range map[string]string{
		"literals cut off":   "\x30ab",
		"length cut off":     "\xf0",
		"offset cut off":     "\x10a\x01",
		"offset zero":        "\x10a\x00\x00",
		"offset before text": "\x10a\x02\x00",
		"endless length":     "\xf0" + string(bytes.Repeat([]byte{255}, 40_000)),
	} {
		if got, err := unpackLZ4([]byte(block)); err == nil {
			t.Errorf("%s: got %d bytes", name, len(got))
		}
	}
}

func FuzzUnpackLZ4(f *testing.F) {
	f.Add([]byte("\x30abc\x03\x00\x00"))
	f.Add([]byte("\x1fx\x01\x00\x05\x10y"))
	f.Fuzz(func(t *testing.T, block []byte) {
		if out, err := unpackLZ4(block); err == nil && len(out) > lz4Block {
			t.Errorf("%d bytes", len(out))
		}
	})
}

func TestHasPVH(t *testing.T) {
	for _, want := range []bool{true, false} {
		got, err := HasPVH(bytes.NewReader(kerneltest.Vmlinux("6.1", want, nil)))
		if err != nil || got != want {
			t.Errorf("got %v, %v; want %v", got, err, want)
		}
	}
	other := bytes.Clone(vmlinux)
	other[18] = 183 // EM_AARCH64
	for name, b := range map[string][]byte{"text": []byte("text"), "cut off": vmlinux[:50], "arm64": other} {
		if _, err := HasPVH(bytes.NewReader(b)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestReleaseAndConfig(t *testing.T) {
	config := "CONFIG_BPF=y\n"
	extra := append(append([]byte("IKCFG_ST is a word, too\x00IKCFG_ST"), gzipped([]byte(config))...), "IKCFG_ED"...)
	content := kerneltest.Vmlinux("4.19.72", false, extra)
	if got := Release(content); got != "4.19.72" {
		t.Errorf("release %q", got)
	}
	if got := string(Config(content)); got != config {
		t.Errorf("config %q", got)
	}
	if Release(nil) != "" || Config([]byte("IKCFG_ST")) != nil || Config(nil) != nil {
		t.Error("something was found in nothing")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(kerneltest.Kernel("6.1"))
	f.Add(kerneltest.BzImage("6.1", lz4Stored(vmlinux[:1000])))
	f.Fuzz(func(t *testing.T, b []byte) {
		image, err := read(b)
		if err == nil {
			_ = image.Vmlinux(io.Discard)
		}
	})
}
