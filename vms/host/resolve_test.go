package host

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

func TestSelectorsOfTheRunningKernel(t *testing.T) {
	const debian = "6.1.0-56-cloud-amd64"
	for _, test := range []struct {
		release, selector string
		want              bool
	}{
		{debian, "default", true},
		{debian, "host", true},
		{debian, "running", true},
		{debian, debian, true},
		{debian, "6.1", true},
		{debian, ">=5.10 <6.2", true},
		{debian, "6.12", false},
		{debian, "<6.1", false},
		{debian, "6.1.0-55-cloud-amd64", false},
		{debian, "latest", false},
		{debian, "all", false},
		{debian, "local:mine", false},
		{debian, "", false},
		{"6.18.44", "6.18.44", true},
		{"6.18.44", "6.18.43", false},
		{"my own kernel", "my own kernel", true},
		{"my own kernel", "running", true},
		{"my own kernel", ">=4.9", false},
	} {
		t.Run(test.release+" "+test.selector, func(t *testing.T) {
			if got := means(test.selector, imageOf(test.release)); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestImageOfTheRunningKernel(t *testing.T) {
	for _, test := range []struct {
		release string
		want    kernel.Image
	}{
		{"6.18.44-fc", kernel.Image{Series: "6.18", Source: "host", Release: "6.18.44-fc", Version: kernel.Version{Major: 6, Minor: 18, Patch: 44}}},
		{"mine", kernel.Image{Series: "mine", Source: "host", Release: "mine"}},
	} {
		if got := imageOf(test.release); got != test.want {
			t.Errorf("%s: got %+v, want %+v", test.release, got, test.want)
		}
	}
}

func TestResolve(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("bpflab cannot run on the kernel of " + runtime.GOOS)
	}
	p := New()
	images, mine, err := p.Resolve(t.Context(), "default")
	if err != nil || !mine || len(images) != 1 || images[0].Release == "" || images[0].Kernel != "" || images[0].Selector != "default" {
		t.Errorf("default: images %+v, mine %t, error %v", images, mine, err)
	}
	_, mine, err = p.Resolve(t.Context(), "3.2")
	var selector *kernel.SelectorError
	if !mine || !errors.As(err, &selector) || !strings.Contains(err.Error(), `kernel "3.2" is not the kernel of this host, which runs `) {
		t.Errorf("3.2: mine %t, error %v", mine, err)
	}
}
