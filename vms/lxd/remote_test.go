package lxd

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const someConfig = `default-remote: farm
remotes:
  farm: {addr: https://first:8443, auth_type: tls, project: default, protocol: lxd}
  images: {addr: https://images.example, protocol: simplestreams, public: true}
  old: {addr: "unix:///run/lxd.socket"}
aliases: {}
`

// configured has lxc's list and the certificate of one server.
func configured(t testing.TB, text string) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("LXD_CONF", dir)
	if err := os.WriteFile(filepath.Join(dir, "config.yml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "servercerts"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "servercerts", "farm.crt"), []byte("certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFindRemote(t *testing.T) {
	configured(t, someConfig)
	for _, test := range []struct {
		name string
		want remote
		err  string
	}{
		{"farm", remote{"farm", "https://first:8443", "certificate"}, ""},
		{"old", remote{"old", "unix:///run/lxd.socket", ""}, ""},
		{"local", remote{"local", "unix://", ""}, ""},
		{"https://10.0.0.1:8443", remote{addr: "https://10.0.0.1:8443"}, ""},
		{"images", remote{}, "serves images alone"},
		{"none", remote{}, errNoRemote.Error()},
	} {
		got, err := findRemote(test.name)
		if got != test.want || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: %+v, error %v; want %+v, %q", test.name, got, err, test.want, test.err)
		}
	}
	configured(t, "remotes: [")
	if _, err := findRemote("farm"); err == nil || !strings.Contains(err.Error(), "config.yml") {
		t.Errorf("error %v of a broken list, want its file", err)
	}
}

func FuzzRemotes(f *testing.F) {
	f.Add(someConfig)
	f.Add("remotes: {farm: 1}")
	f.Fuzz(func(t *testing.T, text string) {
		configured(t, text)
		r, err := findRemote("farm")
		if err == nil && r.addr == "" && !strings.Contains(text, "farm") {
			t.Errorf("a remote from nothing: %+v", r)
		}
		if errors.Is(err, errNoRemote) && r != (remote{}) {
			t.Errorf("a remote besides the error: %+v", r)
		}
	})
}
