package debian

import (
	"slices"

	"github.com/bpflab/bpflab/vms/kernel"
)

// repository says on which of the mirrors a suite lies.
type repository int

const (
	mainRepository repository = iota
	securityRepository
	archive         // what was on the main mirror
	archiveSecurity // what was on the security mirror
)

// suite is one Debian suite that has kernels.
type suite struct {
	name       string // in Ref.Suite and in messages
	path       string // below dists
	codename   string // in its Release
	repository repository
	kernels    string // the range of kernels that are at home here
	arches     []kernel.Arch
}

// Architectures that suites have, of those that bpflab boots: as their Release files say, and
// for the archived ones as the notes of those releases do. riscv64 is one since trixie.
var (
	fewArches   = []kernel.Arch{kernel.AMD64, kernel.ARM64}
	olderArches = []kernel.Arch{kernel.AMD64, kernel.ARM64, kernel.S390X, kernel.PPC64EL}
)

// suites in the order of preference, the better last. A suite's kernels are
// those it was released with: what one suite has of another's series (6.12 in
// bookworm-security) is left out, so that a series means one line of packages.
var suites = []suite{
	{"stretch", "stretch", "stretch", archive, "4.9", olderArches},
	{"stretch-security", "stretch/updates", "stretch", archiveSecurity, "4.9", fewArches},
	{"buster", "buster", "buster", archive, "4.19", olderArches},
	{"buster-security", "buster/updates", "buster", archiveSecurity, "4.19", fewArches},
	{"bullseye", "bullseye", "bullseye", mainRepository, "5.10", fewArches},
	{"bullseye-security", "bullseye-security", "bullseye-security", securityRepository, "5.10", fewArches},
	{"bookworm", "bookworm", "bookworm", mainRepository, "6.1", olderArches},
	{"bookworm-security", "bookworm-security", "bookworm-security", securityRepository, "6.1", olderArches},
	{"trixie", "trixie", "trixie", mainRepository, "6.12", kernel.Arches()},
	{"trixie-security", "trixie-security", "trixie-security", securityRepository, "6.12", kernel.Arches()},
	{"trixie-backports", "trixie-backports", "trixie-backports", mainRepository, ">=6.13", kernel.Arches()},
}

// archived suites get no more signatures: their keys may have expired, and
// their Release says no Valid-Until that still means anything.
func (s suite) archived() bool { return s.repository == archive || s.repository == archiveSecurity }

func (s suite) home() kernel.Range {
	r, err := kernel.ParseRange(s.kernels)
	if err != nil {
		panic(err) // the table above is wrong; a test reads all of it
	}
	return r
}

// suitesFor returns the suites in which kernels of want are at home, and which have the
// architecture.
func suitesFor(want kernel.Range, arch kernel.Arch) []suite {
	var found []suite
	for _, s := range suites {
		if s.home().Overlaps(want) && slices.Contains(s.arches, arch.OrDefault()) {
			found = append(found, s)
		}
	}
	return found
}

func suiteNamed(name string) (suite, bool) {
	for _, s := range suites {
		if s.name == name {
			return s, true
		}
	}
	return suite{}, false
}
