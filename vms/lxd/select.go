package lxd

import (
	"context"
	"slices"
	"strings"

	"github.com/canonical/lxd/shared/api"

	"github.com/bpflab/bpflab/vms/kernel"
)

// imagePrefix begins the selector of a kernel that an image carries.
const imagePrefix = "image:"

// imageSource is the Source of kernels that images carry.
const imageSource = "image"

func isImage(k kernel.Image) bool { return k.Source == imageSource }

// imageServers have the images of distributions, by the first word of a
// selector; release is an alias there.
var imageServers = map[string]struct {
	url      string
	alias    func(release string) string
	releases []string
}{
	"ubuntu": {"https://cloud-images.ubuntu.com/releases", func(r string) string { return r }, []string{"18.04", "20.04", "22.04", "24.04"}},
	"debian": {"https://images.lxd.canonical.com", func(r string) string { return "debian/" + r + "/cloud" }, []string{"10", "11", "12", "13"}},
}

// wantedImage is what image:NAME+PACKAGE asks for.
type wantedImage struct {
	name    string // DISTRIBUTION/RELEASE, or an alias on the server
	install string // a kernel package, "" for the image's own kernel
}

func parseImage(selector string) (wantedImage, bool) {
	text, ok := strings.CutPrefix(selector, imagePrefix)
	name, pkg, _ := strings.Cut(text, "+")
	return wantedImage{name, pkg}, ok
}

// source returns where LXD gets the image: from the server itself, where it has
// one of that alias, else from the distribution.
func (w wantedImage) source(s *server) (api.InstanceSource, error) {
	if _, _, err := s.GetImageAlias(w.name); err == nil {
		return api.InstanceSource{Type: "image", Alias: w.name}, nil
	}
	distribution, release, _ := strings.Cut(w.name, "/")
	from, ok := imageServers[distribution]
	if !ok || !slices.Contains(from.releases, release) {
		return api.InstanceSource{}, &kernel.SelectorError{Selector: imagePrefix + w.name, Problem: "is no image of a known distribution, and no alias on the server", Known: knownImages()}
	}
	return api.InstanceSource{Type: "image", Mode: "pull", Server: from.url, Protocol: "simplestreams", Alias: from.alias(release)}, nil
}

func knownImages() []string {
	var known []string
	for distribution, from := range imageServers {
		for _, release := range from.releases {
			known = append(known, imagePrefix+distribution+"/"+release)
		}
	}
	slices.Sort(known)
	return known
}

// ownKernels are the selectors of the kernel that the server itself runs.
var ownKernels = []string{"default", "host", "running"}

// Resolve names the kernel of the server, for containers, and those of images.
func (p *Provider) Resolve(ctx context.Context, selector string) ([]kernel.Image, bool, error) {
	if p.options.Containers {
		return p.resolveRunning(ctx, selector)
	}
	image, ok := parseImage(selector)
	if !ok {
		return nil, false, nil
	}
	s, err := p.connect(ctx)
	if err != nil {
		return nil, true, p.failed(err)
	}
	if _, err := image.source(s); err != nil {
		return nil, true, err
	}
	return []kernel.Image{{Selector: selector, Series: strings.TrimPrefix(selector, imagePrefix), Source: imageSource}}, true, nil
}

// resolveRunning takes the words for the kernel that the server runs. Members of
// a cluster may each have their own.
func (p *Provider) resolveRunning(ctx context.Context, selector string) ([]kernel.Image, bool, error) {
	s, err := p.connect(ctx)
	if err != nil {
		return nil, true, p.failed(err)
	}
	release := s.info.Environment.KernelVersion
	version, err := kernel.ParseVersion(release)
	if err != nil {
		return nil, true, err
	}
	if !slices.Contains(ownKernels, selector) && selector != version.Series() && selector != release {
		return nil, true, &kernel.SelectorError{Selector: selector, Problem: "is not what the server runs, and containers run on that", Known: append(slices.Clone(ownKernels), version.Series())}
	}
	running := kernel.Image{Selector: selector, Series: "host", Source: "host", Version: version}
	if !s.info.Environment.ServerClustered {
		running.Release = release
	}
	return []kernel.Image{running}, true, nil
}
