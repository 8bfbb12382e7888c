package rpmrepo

import (
	"maps"
	"regexp"
	"slices"
)

// The facts below are from public sources, each named beside what it says; what no source
// was found for is marked. None was tried against the vendors' own servers (docs/kernels.md).
//
//   - mock: rpm-software-management/mock, mock-core-configs/etc/mock/templates
//   - images: osbuild/images, data/repositories
//   - crawler: falcosecurity/kernel-crawler, kernel_crawler

// vendors are all distributions, by the names of their sources.
var vendors = []vendor{fedora, centosStream, rocky, alma, centos, oracle, amazon, suse}

// Packages of the kernels of the RHEL family: kernel-core has the image beside the modules;
// its files in /boot are ghosts. kernel-modules-core is since RHEL 9.2 and Fedora 38. (RHEL's
// manual, "The Linux kernel RPM package overview".) kernel-modules-extra has what is rarely
// used, and no lab needs it.
var (
	elImages = []string{"kernel-core"}
	elParts  = []string{"kernel-modules-core", "kernel-modules"}
)

const elRequired = "kernel-modules"

var fedora = vendor{
	name: "fedora", title: "Fedora",
	roots: []string{ // crawler/fedora.py; the first is what Fedora's repo files name as baseurl
		"https://dl.fedoraproject.org/pub/fedora/linux",
		"https://archives.fedoraproject.org/pub/archive/fedora/linux",
	},
	builds: "https://kojipkgs.fedoraproject.org/packages", // mock's and pungi's documentation; see koji.go
	form:   regexp.MustCompile(`^(\d\d)$`), known: []string{"41", "42", "43", "44", "45"},
	find: func(groups []string) (release, bool) {
		n := groups[1]
		return release{
			repositories: []repository{
				{name: "releases", path: "releases/" + n + "/Everything/x86_64/os"},
				{name: "updates", path: "updates/" + n + "/Everything/x86_64"},
			},
			images: elImages, parts: elParts, required: elRequired, keys: []string{"fedora-" + n},
		}, n >= "41" && n <= "45"
	},
}

var centosStream = vendor{
	name: "centos-stream", title: "CentOS Stream",
	roots: []string{"https://mirror.stream.centos.org", "https://vault.centos.org/centos"}, // mock/centos-stream-*.tpl
	// juhp/koji-tool, src/Utils.hs, has the URL; scripts that fetch kernel-devel have
	// kernel/5.14.0/427.el9/data/signed/8483c65d below it, which is the key in keys/centos.asc.
	builds: "https://kojihub.stream.centos.org/kojifiles/packages",
	form:   regexp.MustCompile(`^(8|9|10)$`), known: []string{"8", "9", "10"},
	find: func(groups []string) (release, bool) {
		return baseOS(groups[1]+"-stream", "centos"), true
	},
}

// rocky stands for RHEL as well: it is built from the same sources, and rhel8 means it.
var rocky = vendor{
	name: "rocky", title: "Rocky Linux",
	roots:   []string{"https://dl.rockylinux.org/pub/rocky", "https://dl.rockylinux.org/vault/rocky"}, // images/rocky-9.json, rocky-9.2.json
	aliases: map[string]string{"rhel8": "8", "rhel9": "9", "rhel10": "10"},
	moved:   toMinor,
	form:    minorForm, known: []string{"8", "9", "10"},
	find: func(groups []string) (release, bool) {
		return baseOS(groups[0], "rocky-"+groups[1]), true
	},
}

var alma = vendor{
	name: "alma", title: "AlmaLinux",
	roots: []string{"https://repo.almalinux.org/almalinux", "https://vault.almalinux.org"}, // images/almalinux-9.json, almalinux-9.2.json
	moved: toMinor,
	form:  minorForm, known: []string{"8", "9", "10"},
	find: func(groups []string) (release, bool) {
		return baseOS(groups[0], "alma-"+groups[1]), true
	},
}

// minorForm is of a major release, or a minor one of it.
var minorForm = regexp.MustCompile(`^(8|9|10)(?:\.\d{1,2})?$`)

// baseOS is a release of the family as it is since RHEL 8.
func baseOS(directory, key string) release {
	return release{
		repositories: []repository{{name: "BaseOS", path: directory + "/BaseOS/x86_64/os"}},
		images:       elImages, parts: elParts, required: elRequired, keys: []string{key},
	}
}

// centos has only its last minor releases, which lie in the vault.
var centos = vendor{
	name: "centos", title: "CentOS",
	roots: []string{"https://vault.centos.org/centos"}, // crawler/centos.py; mock/eol/templates/centos-{7,8}.tpl
	form:  regexp.MustCompile(`^(7|8)$`), known: []string{"7", "8"},
	find: func(groups []string) (release, bool) {
		if groups[1] == "8" {
			return baseOS("8", "centos"), true
		}
		return release{
			repositories: []repository{
				{name: "os", path: "7.9.2009/os/x86_64"},
				{name: "updates", path: "7.9.2009/updates/x86_64"},
			},
			images: []string{"kernel"}, keys: []string{"centos-7"},
		}, true
	},
}

// ueks are Oracle's kernels by the newest of its releases for which each is made
// (crawler/oracle.py for the paths; UEK R8's for Oracle Linux 9 is in its release notes).
var ueks = map[string]string{"uek5": "7", "uek6": "8", "uek7": "9", "uek8": "9"}

var oracle = vendor{
	name: "oracle", title: "Oracle's UEK",
	roots: []string{"https://yum.oracle.com/repo/OracleLinux"},
	moved: toArchive,
	form:  regexp.MustCompile(`^(uek\d)$`), known: slices.Sorted(maps.Keys(ueks)),
	find: func(groups []string) (release, bool) {
		linux, ok := ueks[groups[1]]
		uek := "UEKR" + groups[1][len("uek"):]
		return release{
			repositories: []repository{{name: "OL" + linux + "-" + uek, path: "OL" + linux + "/" + uek + "/x86_64"}},
			// Since UEK R7 kernel-uek is empty (its release notes, "Changes to UEK Content
			// Distribution and Packaging"); UEK R8 has its modules in many packages, of
			// which these are taken: that they suffice is a guess.
			images: []string{"kernel-uek-core", "kernel-uek"},
			parts:  []string{"kernel-uek-modules-core", "kernel-uek-modules"},
			keys:   []string{"oracle-" + linux},
		}, ok
	},
}

// amazonTracks are the paths of mirror.list files, and the packages with the image.
// (crawler/amazonlinux.py; the release notes of AL2023 for kernel6.12 and kernel6.18.)
var amazonTracks = map[string]struct{ list, image string }{
	"2":         {"2/core/latest/x86_64", "kernel"},
	"2/5.4":     {"2/extras/kernel-5.4/latest/x86_64", "kernel"},
	"2/5.10":    {"2/extras/kernel-5.10/latest/x86_64", "kernel"},
	"2/5.15":    {"2/extras/kernel-5.15/latest/x86_64", "kernel"},
	"2023":      {"al2023/core/mirrors/latest/x86_64", "kernel"},
	"2023/6.12": {"al2023/core/mirrors/latest/x86_64", "kernel6.12"},
	"2023/6.18": {"al2023/core/mirrors/latest/x86_64", "kernel6.18"},
}

var amazon = vendor{
	name: "amazon", title: "Amazon Linux",
	roots: []string{"https://cdn.amazonlinux.com"},
	form:  regexp.MustCompile(`^(2|2023)(?:/\d\.\d{1,2})?$`), known: slices.Sorted(maps.Keys(amazonTracks)),
	find: func(groups []string) (release, bool) {
		track, ok := amazonTracks[groups[0]]
		return release{
			repositories: []repository{{name: "core", path: track.list + "/mirror.list", list: true}},
			images:       []string{track.image}, keys: []string{"amazon-" + groups[1]},
		}, ok
	},
}

// suse has the kernels of SLE as openSUSE Leap ships them: its own since 15.3 are SUSE's
// packages, signed by SUSE's keys. SLE's repositories need an account.
var suse = vendor{
	name: "suse", title: "openSUSE Leap",
	roots:   []string{"https://download.opensuse.org"}, // mock/opensuse-leap-15.6.tpl
	aliases: map[string]string{"opensuse/": ""},
	form:    regexp.MustCompile(`^(15\.[3-6])$`), known: []string{"15.3", "15.4", "15.5", "15.6"},
	find: func(groups []string) (release, bool) {
		return release{
			repositories: []repository{
				{name: "oss", path: "distribution/leap/" + groups[1] + "/repo/oss"},
				{name: "sle", path: "update/leap/" + groups[1] + "/sle"},
			},
			images: []string{"kernel-default"},
			keys:   []string{"suse-12", "suse-2023", "opensuse-2008", "opensuse-2022"},
			signed: true, flavour: "default", ended: groups[1] != "15.6",
		}, true
	},
}
