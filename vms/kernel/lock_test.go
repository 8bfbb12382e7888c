package kernel

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestLockText(t *testing.T) {
	aws := ref("5.15.0-9-aws", "5.15.0-9.9", "aws")
	aws.Source, aws.Track, aws.Signer = Ubuntu, "22.04/aws", strings.Repeat("0A", 20)
	lock := Lock{}.With(aws).With(known[5]).With(known[1]).With(known[3]).With(known[4]).With(known[2])
	text, err := lock.Text()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseLock(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if got, want := names(again.Refs), "5.10.0-46 5.15.0-9-aws 6.1.0-55 6.1.0-56-amd64 6.12.115+deb13"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := again.Refs[1]; got.Label() != "ubuntu/22.04/aws" || got.Signer != aws.Signer {
		t.Errorf("got %+v", got)
	}
	if second, _ := again.Text(); !bytes.Equal(text, second) {
		t.Errorf("written again it differs:\n%s\n%s", text, second)
	}
}

func TestParseLockRejects(t *testing.T) {
	good, err := Lock{}.With(known[1]).Text()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, old, new, want string }{
		{"another schema", "schema: 1", "schema: 2", "schema 2"},
		{"unknown key", "suite:", "suit:", "unknown field \"suit\""},
		{"short digest", "sha256: ", "sha256: a", "64 hex digits"},
		{"no size", "size: 1", "size: 0", "size 0"},
		{"huge size", "size: 1", "size: 99999999999", "size 99999999999"},
		{"absolute path", "path: pool", "path: /pool", "plain path"},
		{"path outside", "path: pool", "path: ../pool", "plain path"},
		{"path with query", "path: pool", "path: pool?x", "plain path"},
		{"series of another version", "series: \"5.10\"", "series: \"5.11\"", "another series"},
		{"unknown flavour", "flavour: cloud", "flavour: rt", "flavour \"rt\""},
		{"source without a track", "source: debian", "source: ubuntu", "no track of ubuntu"},
		{"the host", "source: debian", "source: host", "cannot be pinned"},
		{"bad signer", "release: ", "signer: beef\n    release: ", "no fingerprint"},
		{"local source", "source: debian", "source: local", "cannot be pinned"},
		{"version is none", "version: 5.10.251\n", "version: five\n", "no kernel version"},
		{"no YAML", "schema: 1", "schema: [", "lock file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bad := strings.Replace(string(good), tt.old, tt.new, 1)
			if bad == string(good) {
				t.Fatalf("the test changes nothing in\n%s", good)
			}
			if _, err := ParseLock([]byte(bad)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestParseLockTwice(t *testing.T) {
	text, _ := Lock{Refs: []Ref{known[2], known[4]}}.Text()
	if _, err := ParseLock(text); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("got %v", err)
	}
}

func TestParseLockEmpty(t *testing.T) {
	lock, err := ParseLock([]byte("\n"))
	if err != nil || len(lock.Refs) != 0 {
		t.Errorf("got %v, %v", lock, err)
	}
}

func FuzzParseLock(f *testing.F) {
	text, err := Lock{Refs: known[1:6]}.Text()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(""))
	f.Add([]byte("schema: 1\nkernels:\n  - series: 6.1\n    packages: []\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		lock, err := ParseLock(text)
		if err != nil {
			return
		}
		written, err := lock.Text()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseLock(written)
		if err != nil || fmt.Sprint(again) != fmt.Sprint(lock) {
			t.Errorf("%v is written as\n%s\nand read as %v, %v", lock, written, again, err)
		}
	})
}
