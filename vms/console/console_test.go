package console

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// written gives a console what a guest prints, in pieces, and returns the
// console and its file's content once the guest is gone.
func written(t *testing.T, pieces ...[]byte) (*Log, []byte) {
	t.Helper()
	host, guest := net.Pipe()
	c, err := Keep(host, filepath.Join(t.TempDir(), "console.log"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pieces {
		if _, err := guest.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	guest.Close()
	c.Wait()
	file, err := os.ReadFile(c.path)
	if err != nil {
		t.Fatal(err)
	}
	return c, file
}

func TestConsoleKeepsAll(t *testing.T) {
	c, file := written(t, []byte("first\n"), []byte("second\n"))
	const want = "first\nsecond\n"
	if string(file) != want || string(c.Tail()) != want {
		t.Errorf("file %q and tail %q, want %q", file, c.Tail(), want)
	}
}

func TestConsoleOfJustTheRightSize(t *testing.T) {
	all := bytes.Repeat([]byte("x"), KeepHead)
	if _, file := written(t, all); !bytes.Equal(file, all) {
		t.Errorf("%d bytes in the file, want %d", len(file), len(all))
	}
}

func TestConsoleOverItsHeadBeginsAgainWithoutALoss(t *testing.T) {
	all := append(bytes.Repeat([]byte("x"), KeepHead), "the end"...)
	if _, file := written(t, all); !bytes.Equal(file, all) {
		t.Errorf("%d bytes in the file, want %d: nothing is to be left out", len(file), len(all))
	}
}

func TestConsoleFlood(t *testing.T) {
	const rows = 12 << 10
	row := []byte(strings.Repeat("flood ", 170) + "\n")
	pieces := [][]byte{[]byte("Linux version\n")}
	for range rows {
		pieces = append(pieces, row)
	}
	c, file := written(t, append(pieces, []byte("Kernel panic"))...)
	total := len("Linux version\n") + rows*len(row) + len("Kernel panic")
	note := fmt.Sprintf("\n[bpflab: %d bytes are left out here]\n", total-KeepHead-KeepTail)
	if want := KeepHead + len(note) + KeepTail; len(file) != want {
		t.Errorf("%d bytes in the file, want %d", len(file), want)
	}
	if !bytes.HasPrefix(file, []byte("Linux version")) || !bytes.HasSuffix(file, []byte("Kernel panic")) {
		t.Error("the beginning or the end is missing")
	}
	if !bytes.Contains(file, []byte(note)) {
		t.Errorf("no %q between them", note)
	}
	if len(c.Tail()) != KeepTail {
		t.Errorf("tail of %d bytes, want %d", len(c.Tail()), KeepTail)
	}
}

func TestConsoleWithoutDirectory(t *testing.T) {
	host, guest := net.Pipe()
	if _, err := Keep(host, filepath.Join(t.TempDir(), "missing", "console.log")); err == nil {
		t.Fatal("no error for a directory that is not there")
	}
	if _, err := guest.Write([]byte("x")); err == nil {
		t.Error("the guest's connection is still open")
	}
}
