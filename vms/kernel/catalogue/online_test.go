package catalogue

import (
	"os"
	"testing"
)

// Every source is asked for one kernel at its real mirror, which is fetched, verified and
// unpacked.
func TestRealMirrors(t *testing.T) {
	if os.Getenv("BPFLAB_ONLINE_TESTS") != "1" {
		t.Skip("asks the sources' real mirrors: set BPFLAB_ONLINE_TESTS=1 on a machine that reaches them")
	}
	c, err := Open(Options{Cache: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range c.sources {
		t.Run(source.Name(), func(t *testing.T) {
			tracks := source.Tracks()
			if len(tracks) == 0 {
				t.Skip("it has what the user names")
			}
			selector := source.Name() + "/" + tracks[len(tracks)-1]
			refs, err := c.Resolve(t.Context(), []string{selector})
			if err != nil {
				t.Fatal(err)
			}
			image, err := c.Image(t.Context(), refs[0])
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s: %s, %s %s, signed by %s", selector, image.Release, image.Package, image.PkgVer, image.Signer)
			if image.Signer == "" || image.Modules == "" || image.Config == "" {
				t.Errorf("it lacks parts: %+v", image)
			}
		})
	}
}
