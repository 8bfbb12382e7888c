package rpmrepo

import (
	"regexp"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
)

// minorOf finds the minor release in the release of a package: 9 and 4 in 427.13.1.el9_4.
var minorOf = regexp.MustCompile(`\.el(\d+)_(\d+)`)

// toMinor returns the path of a package below its minor release. The directory of a major
// release is that of its newest minor one; those before it are kept in the vault by their own
// names (images/rocky-9.2.json, almalinux-9.2.json; the Rocky forum's "Repository
// Management/Structure").
func toMinor(file kernel.File) string {
	major, rest, _ := strings.Cut(file.Path, "/")
	m := minorOf.FindStringSubmatch(file.Version)
	if m == nil || m[1] != major {
		return ""
	}
	return major + "." + m[2] + "/" + rest
}

// toArchive returns the path of a package of Oracle's once there are newer ones: below
// UEKR5/archive/x86_64 in place of UEKR5/x86_64. (Oracle's "Unbreakable Linux Network User's
// Guide", on the channels that end in _archive; public repo files have OL7/UEKR4/archive and
// OL7/UEKR5/archive. For UEK R6 and later no source has it.)
func toArchive(file kernel.File) string {
	before, after, ok := strings.Cut(file.Path, "/"+architecture+"/")
	if !ok {
		return ""
	}
	return before + "/archive/" + architecture + "/" + after
}
