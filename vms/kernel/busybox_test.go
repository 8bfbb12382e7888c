package kernel

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func testBusybox(arch Arch) Busybox {
	return Busybox{arch, "trixie", File{BusyboxPackage, "1:1.37.0-6", "pool/b_" + string(arch) + ".deb", 7, strings.Repeat("ab", 32)}}
}

func TestLockWithBusyboxes(t *testing.T) {
	arm, s390x := testBusybox(ARM64), testBusybox(S390X)
	lock := Lock{}.WithBusybox(s390x).WithBusybox(arm).WithBusybox(arm).With(known[1])
	text, err := lock.Text()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseLock(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if !slices.Equal(again.Busyboxes, []Busybox{arm, s390x}) || !again.SameBusyboxes(lock) {
		t.Errorf("%+v\n%s", again.Busyboxes, text)
	}
	if b, ok := again.Busybox(ARM64); !ok || b != arm {
		t.Errorf("%+v, %v", b, ok)
	}
	if b, ok := again.Busybox(AMD64); ok {
		t.Errorf("%+v", b)
	}
	for old, want := range map[string]string{
		"arch: arm64": "none of amd64", "name: busybox-static": "is not busybox-static", "path: pool": "plain path", "sha256: ab": "64 hex digits",
	} {
		at := bytes.Index(text, []byte("busybox:"))
		bad := string(text[:at]) + strings.Replace(string(text[at:]), old, old+"../", 1)
		if old == "path: pool" {
			bad = strings.Replace(string(text), "path: pool/b_arm64", "path: ../pool", 1)
		}
		if _, err := ParseLock([]byte(bad)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", old, err, want)
		}
	}
}

func TestForeign(t *testing.T) {
	amd64, arm64 := known[1], known[2]
	arm64.Arch = ARM64
	if got := (Lock{Refs: []Ref{amd64}}).Foreign(); HostArch() == AMD64 && got != nil {
		t.Errorf("of kernels of this architecture: %v", got)
	}
	if got := (Lock{Refs: []Ref{arm64, amd64, arm64}}).Foreign(); !slices.Equal(got, []Arch{AMD64, ARM64}) {
		t.Errorf("%v", got)
	}
}
