package guest

import (
	"compress/gzip"
	"context"
	"io"
	"os"
	"strings"

	"github.com/bpflab/bpflab/vms/wire"
)

// readConfig looks options up in /proc/config.gz, or in the file that
// distributions put beside the kernel.
func readConfig(_ context.Context, args wire.Config) (wire.ConfigResult, error) {
	text, ok := configText()
	if !ok {
		return wire.ConfigResult{}, nil
	}
	res := wire.ConfigResult{Known: true, Values: map[string]string{}}
	want := map[string]bool{}
	for _, n := range args.Names {
		want[n] = true
	}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && want[name] {
			res.Values[name] = value
		}
	}
	return res, nil
}

func configText() (string, bool) {
	if f, err := os.Open("/proc/config.gz"); err == nil {
		defer f.Close()
		if z, err := gzip.NewReader(f); err == nil {
			text, err := io.ReadAll(z)
			return string(text), err == nil
		}
	}
	release, err := uname()
	if err != nil {
		return "", false
	}
	text, err := os.ReadFile("/boot/config-" + release)
	return string(text), err == nil
}
