package debian

import (
	"cmp"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel/apt"
)

// Mirrors are the base URLs packages come from, without a slash at the end.
type Mirrors struct {
	Main     string // has dists/bookworm
	Security string // has dists/bookworm-security
	Archive  string // has debian/dists/buster and debian-security/dists/buster
	Snapshot string // has archive/debian/TIME/dists/sid; "" means that none is known
}

// The mirrors taken where nothing else is said.
var defaultMirrors = Mirrors{
	Main:     "http://ftp.debian.org/debian",
	Security: "http://security.debian.org/debian-security",
	Archive:  "http://archive.debian.org",
}

// FindMirrors takes, in this order, option, the environment's
// BPFLAB_DEBIAN_MIRROR, what this machine's apt configuration names, and
// ftp.debian.org. option and the variable hold the URL of the main mirror, and
// after a comma that of the security mirror; without it, a main mirror ending
// in /debian has its security mirror at /debian-security. The archive's URL
// can be set with BPFLAB_DEBIAN_ARCHIVE; that of a service of snapshots is known from
// BPFLAB_DEBIAN_SNAPSHOT alone.
func FindMirrors(option string) (Mirrors, error) {
	m := Mirrors{Archive: os.Getenv("BPFLAB_DEBIAN_ARCHIVE"), Snapshot: os.Getenv("BPFLAB_DEBIAN_SNAPSHOT")}
	if given := cmp.Or(option, os.Getenv("BPFLAB_DEBIAN_MIRROR")); given != "" {
		m.Main, m.Security = splitMirror(given)
	} else {
		m.Main, m.Security = aptMirrors(os.DirFS("/etc/apt"))
	}
	return m.complete()
}

func splitMirror(given string) (main, security string) {
	main, security, _ = strings.Cut(given, ",")
	main = strings.TrimRight(strings.TrimSpace(main), "/")
	security = strings.TrimSpace(security)
	if base, ok := strings.CutSuffix(main, "/debian"); ok && security == "" {
		security = base + "/debian-security"
	}
	return main, security
}

// complete fills in the defaults, of which snapshots have none, and refuses what is no http URL.
func (m Mirrors) complete() (Mirrors, error) {
	for given, usual := range map[*string]string{&m.Main: defaultMirrors.Main, &m.Security: defaultMirrors.Security, &m.Archive: defaultMirrors.Archive, &m.Snapshot: ""} {
		if *given == "" && usual == "" {
			continue
		}
		checked, err := apt.CheckMirror(cmp.Or(*given, usual), defaultMirrors.Main)
		if err != nil {
			return m, err
		}
		*given = checked
	}
	return m, nil
}

// base returns the URL that has s's dists and pool.
func (m Mirrors) base(s suite) string {
	switch s.repository {
	case securityRepository:
		return m.Security
	case archive:
		return m.Archive + "/debian"
	case archiveSecurity:
		return m.Archive + "/debian-security"
	}
	return m.Main
}

// aptMirrors returns the first main and the first security mirror of Debian
// that the configuration in etc names, or "" for what it does not.
func aptMirrors(etc fs.FS) (main, security string) {
	for _, source := range apt.Configured(etc) {
		switch {
		case !strings.HasPrefix(source.URI, "http"):
		case security == "" && slices.ContainsFunc(source.Suites, isSecuritySuite):
			security = strings.TrimRight(source.URI, "/")
		case main == "" && slices.ContainsFunc(source.Suites, isMainSuite):
			main = strings.TrimRight(source.URI, "/")
		}
	}
	return main, security
}

var debianSuites = []string{
	"buster", "bullseye", "bookworm", "trixie", "forky", "duke", "sid",
	"oldoldstable", "oldstable", "stable", "testing", "unstable",
}

func isMainSuite(name string) bool { return slices.Contains(debianSuites, name) }

func isSecuritySuite(name string) bool {
	base, ok := strings.CutSuffix(name, "-security")
	if !ok {
		base, ok = strings.CutSuffix(name, "/updates")
	}
	return ok && isMainSuite(base)
}
