package debian

import (
	"testing"
	"testing/fstest"
)

func TestAptMirrors(t *testing.T) {
	const mirror, security = "http://mirror.example.org/debian", "http://mirror.example.org/debian-security"
	tests := []struct {
		name, file, text string
		main, security   string
	}{
		{"deb822", "sources.list.d/debian.sources", `Types: deb deb-src
# a comment
URIs: http://mirror.example.org/debian/
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example.org/debian-security
Suites:
 bookworm-security
Components: main
`, mirror, security},
		{"one line", "sources.list", `# deb http://no.example.org/debian bookworm main
deb [arch=amd64 signed-by=/x] http://mirror.example.org/debian bookworm main # comment
deb-src http://no.example.org/debian bookworm main
deb http://mirror.example.org/debian-security bookworm-security main
`, mirror, security},
		{"old security suite", "sources.list.d/s.list", "deb http://mirror.example.org/debian-security buster/updates main\n", "", security},
		{"first one wins", "sources.list", "deb http://mirror.example.org/debian stable main\ndeb http://no.example.org/debian sid main\n", mirror, ""},
		{"switched off", "sources.list.d/d.sources", "Enabled: no\nTypes: deb\nURIs: http://no.example.org/debian\nSuites: sid\n", "", ""},
		{"Ubuntu", "sources.list", "deb http://archive.ubuntu.com/ubuntu noble main\ndeb http://security.ubuntu.com/ubuntu noble-security main\n", "", ""},
		{"other repositories", "sources.list.d/node.sources", "Types: deb\nURIs: https://node.example.org/x\nSuites: nodistro\n", "", ""},
		{"cdrom", "sources.list", "deb cdrom:[Debian] bookworm main\ndeb file:/srv/debian bookworm main\n", "", ""},
		{"nonsense", "sources.list", "deb\ndeb [ x\n\x00\n", "", ""},
		{"nothing", "other", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			main, security := aptMirrors(fstest.MapFS{tt.file: {Data: []byte(tt.text)}})
			if main != tt.main || security != tt.security {
				t.Errorf("got %q and %q", main, security)
			}
		})
	}
}

func TestFindMirrors(t *testing.T) {
	tests := []struct {
		name, option, env string
		main, security    string
	}{
		{"option before environment", "http://a.example.org/debian/", "http://b.example.org/debian", "http://a.example.org/debian", "http://a.example.org/debian-security"},
		{"environment", "", "http://b.example.org/debian", "http://b.example.org/debian", "http://b.example.org/debian-security"},
		{"both named", "http://a.example.org/x, http://s.example.org/y/", "", "http://a.example.org/x", "http://s.example.org/y"},
		{"no security mirror to be guessed", "http://a.example.org/x", "", "http://a.example.org/x", defaultMirrors.Security},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("BPFLAB_DEBIAN_MIRROR", tt.env)
			t.Setenv("BPFLAB_DEBIAN_ARCHIVE", "")
			t.Setenv("BPFLAB_DEBIAN_SNAPSHOT", "")
			got, err := FindMirrors(tt.option)
			want := Mirrors{tt.main, tt.security, defaultMirrors.Archive, ""}
			if err != nil || got != want {
				t.Errorf("got %+v, %v; want %+v", got, err, want)
			}
		})
	}
}

func TestFindMirrorsRejects(t *testing.T) {
	for _, option := range []string{"mirror.example.org", "ftp://mirror.example.org/debian", "http://", "http://a b/", "http://ok.example.org/debian,nope"} {
		if got, err := FindMirrors(option); err == nil {
			t.Errorf("%q gave %+v", option, got)
		}
	}
}
