//go:build linux

package template

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestRefusal(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "templates")
	s := New(dir, unlimited)
	if _, _, ok := s.Refusal(someKey); ok {
		t.Error("a refusal of what nobody refused")
	}
	before := time.Now().Add(-time.Minute)
	s.Refuse(someKey, "no such command")
	s.Refuse(otherKey, "other")
	other := New(dir, unlimited) // in another process
	if reason, when, ok := other.Refusal(someKey); !ok || reason != "no such command" || when.Before(before) {
		t.Errorf("%q on %v, %t", reason, when, ok)
	}
	if all, err := other.List(); err != nil || len(all) != 0 {
		t.Errorf("list %v, error %v", all, err)
	}
	if bad, sound := other.Verify(); len(bad) != 0 || sound != 0 {
		t.Errorf("%v are damaged, %d sound", bad, sound)
	}
	if err := os.WriteFile(filepath.Join(dir, refusalPrefix+otherKey), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if reason, _, ok := other.Refusal(otherKey); ok {
		t.Errorf("a record that is cut off says %q", reason)
	}
	if _, err := other.Prune(); err != nil {
		t.Fatal(err)
	}
	if _, _, ok := s.Refusal(someKey); ok {
		t.Error("it is there after a prune")
	}
}
