package catalogue

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/debian"
	"github.com/bpflab/bpflab/vms/kernel/installed"
	"github.com/bpflab/bpflab/vms/kernel/mainline"
	"github.com/bpflab/bpflab/vms/kernel/oci"
	"github.com/bpflab/bpflab/vms/kernel/rpmrepo"
	"github.com/bpflab/bpflab/vms/kernel/store"
	"github.com/bpflab/bpflab/vms/kernel/ubuntu"
	"github.com/bpflab/bpflab/vms/suggest"
)

// sources are all places that kernels come from.
type sources []kernel.Source

// maker makes a source; mirror is what the user named for it, or "".
type maker func(mirror string, kept *store.Store) (kernel.Source, error)

// makers of the sources, in the order in which lists show them. Making one contacts nobody.
var makers = []struct {
	name string
	make maker
}{
	{kernel.Debian, makeDebian},
	{kernel.Ubuntu, makeUbuntu},
	{kernel.Mainline, makeMainline},
	{"fedora", makeRPM("fedora")},
	{"centos-stream", makeRPM("centos-stream")},
	{"rocky", makeRPM("rocky")},
	{"alma", makeRPM("alma")},
	{"centos", makeRPM("centos")},
	{"oracle", makeRPM("oracle")},
	{"amazon", makeRPM("amazon")},
	{"suse", makeRPM("suse")},
	{kernel.Host, makeHost},
	{kernel.OCI, makeOCI},
}

func makeDebian(mirror string, kept *store.Store) (kernel.Source, error) {
	mirrors, err := debian.FindMirrors(mirror)
	if err != nil {
		return nil, err
	}
	return debian.New(debian.Options{Mirrors: mirrors, Blobs: kept, States: kept})
}

func makeUbuntu(mirror string, kept *store.Store) (kernel.Source, error) {
	return ubuntu.New(ubuntu.Options{Mirror: mirror, Blobs: kept, States: kept})
}

// makeRPM returns the maker of the source of a vendor of RPM packages.
func makeRPM(vendor string) maker {
	return func(mirror string, kept *store.Store) (kernel.Source, error) {
		return rpmrepo.New(vendor, rpmrepo.Options{Mirror: mirror, Blobs: kept, States: kept})
	}
}

func makeMainline(mirror string, kept *store.Store) (kernel.Source, error) {
	return mainline.New(mainline.Options{Mirror: mirror, Blobs: kept, States: kept})
}

// makeHost makes the source of this machine's kernels. Its mirror is the directory that has
// boot and lib/modules, for containers, which have those of their host elsewhere.
func makeHost(mirror string, kept *store.Store) (kernel.Source, error) {
	return installed.New(installed.Options{Files: kept, Root: mirror, Running: installed.Running()}), nil
}

// makeOCI makes the source of images, each of which names its registry.
func makeOCI(_ string, kept *store.Store) (kernel.Source, error) {
	keys, err := oci.KeysFromEnvironment()
	if err != nil {
		return nil, err
	}
	return oci.New(kept, keys...), nil
}

// openSources makes the sources with the mirrors that the user named.
func openSources(o Options, kept *store.Store) (sources, error) {
	if o.Sources != nil {
		return o.Sources, nil
	}
	named, err := parseMirrors(o.Mirrors)
	if err != nil {
		return nil, err
	}
	all := make(sources, len(makers))
	for i, m := range makers {
		if all[i], err = m.make(mirrorFor(m.name, named), kept); err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
	}
	return all, nil
}

var namedMirror = regexp.MustCompile(`^([a-z][a-z0-9-]*)=(.*)$`)

// parseMirrors reads "SOURCE=URL"; a URL alone is Debian's.
func parseMirrors(given []string) (map[string]string, error) {
	urls := map[string]string{}
	for _, one := range given {
		name, url := kernel.Debian, one
		if m := namedMirror.FindStringSubmatch(one); m != nil {
			name, url = m[1], m[2]
		}
		if !slices.Contains(SourceNames(), name) {
			return nil, fmt.Errorf("--mirror %s: there is no source %q; there is %s", one, name, strings.Join(SourceNames(), ", "))
		}
		if url != "" {
			urls[name] = url
		}
	}
	return urls, nil
}

// SourceNames returns the names of all sources, in the order in which lists show them.
func SourceNames() []string {
	var names []string
	for _, m := range makers {
		names = append(names, m.name)
	}
	return names
}

// mirrorFor returns the mirror of a source that an option names, else the environment.
func mirrorFor(source string, options map[string]string) string {
	if url := options[source]; url != "" {
		return url
	}
	return os.Getenv(MirrorVariable(source))
}

// MirrorVariable returns the environment variable for a source's mirror:
// BPFLAB_DEBIAN_MIRROR.
func MirrorVariable(source string) string {
	return "BPFLAB_" + strings.ToUpper(strings.ReplaceAll(source, "-", "_")) + "_MIRROR"
}

// mirrorOption returns the option for a source's mirror.
func mirrorOption(source string) string {
	if source == kernel.Debian {
		return "--mirror"
	}
	return "--mirror " + source + "=URL"
}

func (s sources) named(name string) (kernel.Source, bool) {
	i := slices.IndexFunc(s, func(one kernel.Source) bool { return one.Name() == name })
	if i < 0 {
		return nil, false
	}
	return s[i], true
}

// parse reads selectors and has those that are for a source claimed by it.
func (s sources) parse(words []string) ([]kernel.Selector, error) {
	parsed, err := kernel.ParseSelectors(words)
	if err != nil {
		return nil, err
	}
	for i, one := range parsed {
		if one.NeedsClaim() {
			if parsed[i], err = s.claim(one); err != nil {
				return nil, err
			}
		}
	}
	return parsed, nil
}

func (s sources) claim(one kernel.Selector) (kernel.Selector, error) {
	for _, source := range s {
		track, ours, err := source.Claim(one.Plain())
		if err != nil {
			return one, err
		}
		if ours {
			claimed := one.Claimed(source.Name(), track)
			return claimed, checkArch(claimed)
		}
	}
	known := s.trackSelectors()
	return one, &kernel.SelectorError{
		Selector: one.String(), Problem: "is of no source that is known here",
		Nearest: suggest.Name(one.String(), known), Known: known,
	}
}

// checkArch refuses an architecture that a source has no kernels of, or of which bpflab does
// not fetch them yet.
func checkArch(s kernel.Selector) error {
	arch := s.Arch()
	if arch == "" || s.Source() == kernel.Debian {
		return nil
	}
	problem := fmt.Sprintf("is for %s, and bpflab takes kernels of %s for amd64 alone: Debian's, as 6.12/%s, and imports are there for %s", arch, s.Source(), arch, arch)
	if s.Source() == kernel.Host {
		if arch.Is(kernel.HostArch()) {
			return nil
		}
		problem = fmt.Sprintf("is for %s, and this machine is %s", arch, kernel.HostArch())
	}
	return &kernel.SelectorError{Selector: s.String(), Problem: problem}
}

// trackSelectors returns selectors of what the sources are known to have.
func (s sources) trackSelectors() []string {
	var all []string
	for _, source := range s {
		for _, track := range source.Tracks() {
			all = append(all, kernel.TrackSelector(source.Name(), track))
		}
	}
	return all
}
