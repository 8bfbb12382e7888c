package ubuntu

import (
	"cmp"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel/apt"
)

// defaultMirror is Ubuntu's own (https://ubuntu.com/server/docs, "archive.ubuntu.com").
const defaultMirror = "http://archive.ubuntu.com/ubuntu"

// FindMirror returns the URL that has dists and pool: option, or what this machine's apt
// configuration names, or archive.ubuntu.com.
func FindMirror(option string) (string, error) {
	return apt.CheckMirror(cmp.Or(option, configured(os.DirFS("/etc/apt")), defaultMirror), defaultMirror)
}

// configured returns the first mirror of a release that apt is configured with in etc.
func configured(etc fs.FS) string {
	for _, c := range apt.Configured(etc) {
		ours := slices.ContainsFunc(c.Suites, func(suite string) bool {
			return slices.ContainsFunc(releases, func(r release) bool { return r.codename == suite || r.codename+"-updates" == suite })
		})
		if ours && strings.HasPrefix(c.URI, "http") {
			return c.URI
		}
	}
	return ""
}
