package multipass

import (
	"errors"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

func TestSelectors(t *testing.T) {
	for _, test := range []struct {
		selector string
		want     wanted
	}{
		{"18.04", wanted{image: "18.04", name: "18.04"}},
		{"bionic", wanted{image: "18.04", name: "18.04"}},
		{"focal", wanted{image: "20.04", name: "20.04"}},
		{"jammy", wanted{image: "22.04", name: "22.04"}},
		{"noble", wanted{image: "24.04", name: "24.04"}},
		{"default", wanted{image: "24.04", name: "24.04"}},
		{"22.04+hwe", wanted{image: "22.04", name: "22.04+hwe", pkg: "linux-image-generic-hwe-22.04"}},
		{"default+hwe", wanted{image: "24.04", name: "24.04+hwe", pkg: "linux-image-generic-hwe-24.04"}},
		{"jammy+linux-image-6.5.0-1-generic", wanted{image: "22.04", name: "22.04+linux-image-6.5.0-1-generic", pkg: "linux-image-6.5.0-1-generic"}},
		{"22.04+linux-image-6.12.1+deb13-amd64", wanted{image: "22.04", name: "22.04+linux-image-6.12.1+deb13-amd64", pkg: "linux-image-6.12.1+deb13-amd64"}},
		{"22.04+mainline-6.6", wanted{image: "22.04", name: "22.04+mainline-6.6", mainline: "6.6"}},
		{"22.04+mainline-6.6.12", wanted{image: "22.04", name: "22.04+mainline-6.6.12", mainline: "6.6.12"}},
		{"22.04+mainline-7.0-rc3", wanted{image: "22.04", name: "22.04+mainline-7.0-rc3", mainline: "7.0-rc3"}},
		{"file:///home/me/c++.img", wanted{image: "file:///home/me/c++.img", name: "c++.img"}},
		{"file:///home/me/a.img+mainline-6.6", wanted{image: "file:///home/me/a.img", name: "a.img+mainline-6.6", mainline: "6.6"}},
		{"file:///C:/a.img", wanted{image: "file:///C:/a.img", name: "a.img"}},
	} {
		t.Run(test.selector, func(t *testing.T) {
			got, err := parseSelector(test.selector)
			if err != nil || got != test.want {
				t.Errorf("got %+v, error %v, want %+v", got, err, test.want)
			}
		})
	}
}

func TestSelectorsThatAreNone(t *testing.T) {
	for _, test := range []struct{ selector, says string }{
		{"6.1", "did you mean 24.04+mainline-6.1?"},
		{"14.04", "is no image of multipass"},
		{"latest", "is no image of multipass"},
		{"22.04+", "is no image of multipass"},
		{"22.04+mainline-6", "is no image of multipass"},
		{"22.04+linux-image-$(id)", "is no image of multipass"},
		{"file://a.img", "is no image of multipass"},
		{"file:///home/", "is no image of multipass"},
		{"--help", "is no image of multipass"},
		{"", "is no image of multipass"},
		{"file:///a.img+hwe", "name the package"},
	} {
		t.Run(test.selector, func(t *testing.T) {
			_, mine, err := New(Options{Cache: t.TempDir()}).Resolve(t.Context(), test.selector)
			var selector *kernel.SelectorError
			if !mine || !errors.As(err, &selector) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("mine %t, error %v, want a *kernel.SelectorError with %q", mine, err, test.says)
			}
		})
	}
}

func TestResolve(t *testing.T) {
	images, mine, err := New(Options{Cache: t.TempDir()}).Resolve(t.Context(), "22.04+hwe")
	if err != nil || !mine || len(images) != 1 {
		t.Fatalf("images %+v, mine %t, error %v", images, mine, err)
	}
	want := kernel.Image{Selector: "22.04+hwe", Series: "22.04+hwe", Source: "multipass", Package: "linux-image-generic-hwe-22.04"}
	if images[0] != want {
		t.Errorf("image %+v, want %+v", images[0], want)
	}
}
