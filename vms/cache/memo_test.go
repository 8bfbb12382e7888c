package cache

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/lease"
)

// memoed is a file whose content is read through memos of one directory.
type memoed struct {
	file, dir string
	reads     int
}

func newMemoed(t *testing.T) *memoed {
	t.Helper()
	if lease.BootID() == "" {
		t.Skip("nothing is kept where the system has no boot ID")
	}
	before := settled
	settled = -time.Hour
	t.Cleanup(func() { settled = before })
	m := &memoed{file: filepath.Join(t.TempDir(), "file"), dir: filepath.Join(t.TempDir(), ".sums")}
	m.write(t, "content")
	return m
}

func (m *memoed) write(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(m.file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// value asks a memo, as the next process does.
func (m *memoed) value(t *testing.T, memo *Memo, kind string) string {
	t.Helper()
	f, err := os.Open(m.file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	value, err := memo.Of(f, kind, func() (string, error) {
		m.reads++
		text, err := os.ReadFile(m.file)
		return kind + " " + string(text), err
	})
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// wants compares the value that the next process gets, and how often the file was read by then.
func (m *memoed) wants(t *testing.T, value string, reads int) {
	t.Helper()
	if got := m.value(t, NewMemo(m.dir), "text"); got != value || m.reads != reads {
		t.Errorf("%q after %d reads, want %q after %d", got, m.reads, value, reads)
	}
}

func TestMemoKeepsValuesForTheNextProcess(t *testing.T) {
	m := newMemoed(t)
	m.wants(t, "text content", 1)
	m.wants(t, "text content", 1)
	if got := m.value(t, NewMemo(m.dir), "other"); got != "other content" {
		t.Errorf("another computation's value is %q", got)
	}
}

func TestMemoForgetsFilesThatChange(t *testing.T) {
	m := newMemoed(t)
	m.wants(t, "text content", 1)
	then := time.Now().Add(-time.Hour)
	if err := os.Chtimes(m.file, then, then); err != nil {
		t.Fatal(err)
	}
	m.wants(t, "text content", 2)
	time.Sleep(20 * time.Millisecond) // more than a tick of the file system's clock
	m.write(t, "changed")
	if err := os.Chtimes(m.file, then, then); err != nil {
		t.Fatal(err)
	}
	m.wants(t, "text changed", 3)
}

func TestMemoWaitsUntilAFileIsSettled(t *testing.T) {
	m := newMemoed(t)
	settled = time.Hour
	memo := NewMemo(m.dir)
	m.value(t, memo, "text")
	if m.value(t, memo, "text"); m.reads != 1 {
		t.Errorf("one process has read the file %d times", m.reads)
	}
	m.wants(t, "text content", 2)
}

func TestMemoDoesNotBelieveDamagedRecords(t *testing.T) {
	for name, damage := range map[string]func(record string) error{
		"another value":     func(record string) error { return os.WriteFile(record, []byte("0123456789abcdef text other"), 0o644) },
		"empty":             func(record string) error { return os.Truncate(record, 0) },
		"a directory":       func(record string) error { return errors.Join(os.Remove(record), os.Mkdir(record, 0o700)) },
		"written by anyone": func(record string) error { return os.Chmod(record, 0o666) },
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemoed(t)
			m.wants(t, "text content", 1)
			records, err := filepath.Glob(filepath.Join(m.dir, lease.BootID(), "*"))
			if err != nil || len(records) != 1 {
				t.Fatalf("%d records, %v", len(records), err)
			}
			if err := damage(records[0]); err != nil {
				t.Fatal(err)
			}
			m.wants(t, "text content", 2)
			m.wants(t, "text content", 2)
		})
	}
}

func TestMemoForgetsAtARestart(t *testing.T) {
	m := newMemoed(t)
	m.wants(t, "text content", 1)
	old := filepath.Join(m.dir, "another-boot")
	if err := os.Rename(filepath.Join(m.dir, lease.BootID()), old); err != nil {
		t.Fatal(err)
	}
	m.wants(t, "text content", 2)
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what another boot has kept is still there: %v", err)
	}
}

func TestMemoWithoutADirectory(t *testing.T) {
	m := newMemoed(t)
	m.dir = filepath.Join(m.file, "below a file")
	m.wants(t, "text content", 1)
	m.wants(t, "text content", 2)
	if got := m.value(t, new(Memo), "text"); got != "text content" {
		t.Errorf("the zero value returns %q", got)
	}
}

func TestMemoKeepsNoErrors(t *testing.T) {
	m := newMemoed(t)
	f, err := os.Open(m.file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	failed := errors.New("failed")
	if _, err := NewMemo(m.dir).Of(f, "text", func() (string, error) { return "", failed }); !errors.Is(err, failed) {
		t.Errorf("error %v", err)
	}
	m.wants(t, "text content", 1)
}
