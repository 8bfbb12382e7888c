package plan

import (
	"fmt"
	"slices"
	"testing"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

func aLab(t *testing.T, name, kernels string) *lab.Lab {
	t.Helper()
	r, err := kernel.ParseRange(kernels)
	if err != nil {
		t.Fatal(err)
	}
	return &lab.Lab{Name: name, Header: lab.Header{Kernels: r, Memory: 512 * lab.MiB, CPUs: 2}}
}

// image returns a kernel on disk; without a version, it is one whose version only a
// boot can show.
func image(t *testing.T, version string) kernel.Image {
	t.Helper()
	out := kernel.Image{Selector: version, Source: "debian", Kernel: "/store/vmlinuz"}
	if version == "" {
		return out
	}
	var err error
	if out.Version, err = kernel.ParseVersion(version); err != nil {
		t.Fatal(err)
	}
	return out
}

func cells(p Plan) []string {
	var out []string
	for _, c := range p.Cells {
		out = append(out, fmt.Sprintf("%d %s %s %d", c.Index, c.Lab.Name, c.Kernel.Selector, c.Round))
	}
	return out
}

func TestOrder(t *testing.T) {
	labs := []*lab.Lab{aLab(t, "b", ""), aLab(t, "a", "")}
	kernels := []kernel.Image{image(t, "6.1"), image(t, "5.10")}
	tests := []struct {
		repeat int
		want   []string
	}{
		{1, []string{"0 b 6.1 1", "1 b 5.10 1", "2 a 6.1 1", "3 a 5.10 1"}},
		{0, []string{"0 b 6.1 1", "1 b 5.10 1", "2 a 6.1 1", "3 a 5.10 1"}},
		{2, []string{"0 b 6.1 1", "1 b 6.1 2", "2 b 5.10 1", "3 b 5.10 2", "4 a 6.1 1", "5 a 6.1 2", "6 a 5.10 1", "7 a 5.10 2"}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.repeat), func(t *testing.T) {
			got := Make(labs, kernels, Options{Provider: "qemu", Repeat: tt.repeat})
			if !slices.Equal(cells(got), tt.want) || got.Excluded != nil {
				t.Errorf("got %q, left out %v; want %q", cells(got), got.Excluded, tt.want)
			}
		})
	}
}

func TestNothingToDo(t *testing.T) {
	if p := Make(nil, []kernel.Image{image(t, "6.1")}, Options{Provider: "qemu", Repeat: 1}); p.Cells != nil || p.Excluded != nil {
		t.Errorf("got %v", p)
	}
}

func TestMachineIsTheLabs(t *testing.T) {
	p := Make([]*lab.Lab{aLab(t, "a", "")}, []kernel.Image{image(t, "6.1")}, Options{Provider: "qemu", Repeat: 1})
	if c := p.Cells[0]; c.Memory != 512<<20 || c.CPUs != 2 {
		t.Errorf("%d bytes, %d CPUs", c.Memory, c.CPUs)
	}
}

func TestLabsRange(t *testing.T) {
	labs := []*lab.Lab{aLab(t, "new", ">=5.8"), aLab(t, "all", "")}
	p := Make(labs, []kernel.Image{image(t, "5.4"), image(t, "6.1"), image(t, "")}, Options{Provider: "qemu", Repeat: 1})
	want := []string{"0 new 6.1 1", "1 new  1", "2 all 5.4 1", "3 all 6.1 1", "4 all  1"}
	if !slices.Equal(cells(p), want) {
		t.Errorf("got %q, want %q", cells(p), want)
	}
	if len(p.Excluded) != 1 {
		t.Fatalf("left out %v", p.Excluded)
	}
	x := p.Excluded[0]
	if x.Lab.Name != "new" || x.Kernel.Selector != "5.4" || x.By != ByLab || x.Reason != "the lab is for kernels >=5.8, and this one is 5.4" {
		t.Errorf("left out %s on %s: %s", x.Lab.Name, x.Kernel.Selector, x.Reason)
	}
}

func TestProviders(t *testing.T) {
	onDisk, running := image(t, "6.1"), kernel.Image{Selector: "host", Source: "host"}
	tests := []struct {
		name   string
		caps   vms.Kernels
		kernel kernel.Image
		want   string
	}{
		{"any, on disk", vms.AnyKernel, onDisk, ""},
		{"any, without a file", vms.AnyKernel, running, "p boots kernels from a file, and host has none"},
		{"images, on disk", vms.ImageKernels, onDisk, "p runs only the kernels of its own images, not 6.1 from debian"},
		{"images, its own", vms.ImageKernels, running, ""},
		{"running, on disk", vms.RunningKernel, onDisk, "p runs only the kernel that is running, not 6.1 from debian"},
		{"running, running", vms.RunningKernel, running, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := Make([]*lab.Lab{aLab(t, "a", "")}, []kernel.Image{tt.kernel}, Options{Provider: "p", Caps: vms.Caps{Kernels: tt.caps}})
			if tt.want == "" {
				if len(p.Cells) != 1 || p.Excluded != nil {
					t.Errorf("left out: %v", p.Excluded)
				}
				return
			}
			if len(p.Cells) != 0 || len(p.Excluded) != 1 || p.Excluded[0].By != ByProvider || p.Excluded[0].Reason != tt.want {
				t.Errorf("got %v, want %q", p.Excluded, tt.want)
			}
		})
	}
}

func TestSharedKernels(t *testing.T) {
	harmless := aLab(t, "harmless", "")
	harmless.Harmless = true
	labs := []*lab.Lab{aLab(t, "other", ""), harmless}
	running := []kernel.Image{{Selector: "host", Source: "host"}}
	for _, tt := range []struct {
		name            string
		shared, consent bool
		want            []string
	}{
		{"its own", false, false, []string{"0 other host 1", "1 harmless host 1"}},
		{"shared", true, false, []string{"0 harmless host 1"}},
		{"shared, with consent", true, true, []string{"0 other host 1", "1 harmless host 1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			caps := vms.Caps{Kernels: vms.RunningKernel, Shared: tt.shared}
			p := Make(labs, running, Options{Provider: "p", Caps: caps, Consent: tt.consent})
			if !slices.Equal(cells(p), tt.want) {
				t.Errorf("got %q, want %q", cells(p), tt.want)
			}
			for _, x := range p.Excluded {
				if x.Lab.Name != "other" || x.By != ByCaution {
					t.Errorf("left out %s: %s", x.Lab.Name, x.Reason)
				}
			}
		})
	}
}
