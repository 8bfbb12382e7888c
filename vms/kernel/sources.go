package kernel

import (
	"regexp"
	"slices"
	"strings"
)

// Names of sources, as Ref.Source holds them.
const (
	Debian   = "debian"
	Ubuntu   = "ubuntu"
	Mainline = "mainline"
	OCI      = "oci"
	Host     = "host"
	Local    = "local"
)

// plainSources are searched for a series, version or release without a source, in this
// order, each only where those before it have no such kernel: first Debian; then the
// distribution whose kernels are signed and long maintained; then builds of any upstream
// version. Kernels of vendors that backport much (the RHEL family, Amazon, Oracle, SUSE)
// are found only by their source: their version says little about what they can do.
var plainSources = [...]string{Debian, Ubuntu, Mainline}

// sourceRank orders sources in lists.
func sourceRank(source string) int {
	if i := slices.Index(plainSources[:], source); i >= 0 {
		return i
	}
	return len(plainSources)
}

// TrackSelector returns the selector of a track of a source: "ubuntu/22.04", "oci:REF".
func TrackSelector(source, track string) string {
	if source == OCI {
		return OCI + ":" + track
	}
	return source + "/" + track
}

// CutSource returns what follows the name of a source in a selector, and whether the
// selector begins with it: "22.04/aws" of "ubuntu/22.04/aws".
func CutSource(selector, source string) (rest string, ok bool) {
	return strings.CutPrefix(selector, TrackSelector(source, ""))
}

// sourceForm is what the selectors of sources look like: a source and a track, or a word
// that means both (rhel8).
var sourceForm = regexp.MustCompile(`^([a-z][a-z0-9-]*/.*|[a-z]+-?[0-9]+)$`)

// tagOfMajor matches a version of one number, written as a tag of Linux.
var tagOfMajor = regexp.MustCompile(`^v[0-9]+$`)

// namesSource reports whether a selector is for a source to claim.
func namesSource(text string) bool {
	head, _, _ := strings.Cut(text, "/")
	return sourceForm.MatchString(text) && head != "latest" && head != "all" && head != "default" && head != Debian && !tagOfMajor.MatchString(head)
}
