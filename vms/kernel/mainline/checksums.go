package mainline

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
)

// errNoPackages is a build that has no kernel for this architecture.
var errNoPackages = errors.New("it has no kernel for amd64")

// sum is one package in a CHECKSUMS.
type sum struct {
	file, sha256           string
	name, version, release string
	kind                   string // "image", "image-unsigned", "modules"
}

// fileForm is the name of a package of a generic kernel:
// linux-image-unsigned-6.6.9-060609-generic_6.6.9-060609.202312301510_amd64.deb.
var fileForm = regexp.MustCompile(`^(linux-(image|image-unsigned|modules)-(\d+\.\d+\.\d+-\d{6}(?:rc\d+)?-generic))_([0-9A-Za-z.~+-]+)_amd64\.deb$`)

// sumForm is a line "DIGEST  NAME" as sha256sum writes it; those of sha1sum are shorter, and
// titles of sections begin with #.
var sumForm = regexp.MustCompile(`^([0-9a-f]{64}) [ *](\S+)$`)

// parseChecksums returns the packages of generic kernels in a CHECKSUMS. A file with two
// digests is an error.
func parseChecksums(text []byte) ([]sum, error) {
	var sums []sum
	seen := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		m := sumForm.FindStringSubmatch(strings.TrimRight(lines.Text(), "\r"))
		if m == nil {
			continue
		}
		p := fileForm.FindStringSubmatch(m[2])
		if p == nil {
			continue
		}
		if old, there := seen[m[2]]; there {
			if old != m[1] {
				return nil, fmt.Errorf("%s is there with two digests", m[2])
			}
			continue
		}
		seen[m[2]] = m[1]
		sums = append(sums, sum{file: m[2], sha256: m[1], name: p[1], kind: p[2], release: p[3], version: p[4]})
	}
	return sums, lines.Err()
}

// packagesOf returns the packages of the generic kernel of a version, the image first. A
// build of another version is an error: it was put in this one's place.
func packagesOf(text []byte, v kernel.Version) ([]sum, error) {
	sums, err := parseChecksums(text)
	if err != nil {
		return nil, err
	}
	byKind := map[string]sum{}
	for _, s := range sums {
		if got, err := versionOf(s.release); err != nil || got != v {
			return nil, fmt.Errorf("it is of %s, not of %s", s.release, v)
		}
		if other, there := byKind[s.kind]; there {
			return nil, fmt.Errorf("it has both %s and %s", other.file, s.file)
		}
		byKind[s.kind] = s
	}
	image, split := byKind["image-unsigned"]
	if !split { // in older builds, which may have the modules in it
		image = byKind["image"]
	}
	modules, there := byKind["modules"]
	switch {
	case image.file == "" || split && !there:
		return nil, errNoPackages
	case !there:
		return []sum{image}, nil
	case modules.release != image.release:
		return nil, fmt.Errorf("it has the image of %s and the modules of %s", image.release, modules.release)
	}
	return []sum{image, modules}, nil
}

var abiForm = regexp.MustCompile(`^(\d+\.\d+\.\d+)-\d{6}(rc\d+)?-generic$`)

// versionOf returns the version of a release: 7.1-rc3 of 7.1.0-070100rc3-generic.
func versionOf(release string) (kernel.Version, error) {
	m := abiForm.FindStringSubmatch(release)
	if m == nil {
		return kernel.Version{}, fmt.Errorf("%q is no release of a mainline build", release)
	}
	if m[2] != "" {
		return kernel.ParseVersion(m[1] + "-" + m[2])
	}
	return kernel.ParseVersion(m[1])
}
