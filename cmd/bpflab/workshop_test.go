package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

// Who learns is root in a machine, and must not be on a kernel that others use.
func TestWorkshopNeedsMachines(t *testing.T) {
	for _, provider := range []string{"host"} {
		f := workshopFlags{dir: t.TempDir()}
		cmd := f.command()
		cmd.SetContext(context.Background())
		cmd.SetErr(io.Discard)
		f.machines.provider.name = provider
		_, _, err := f.open(context.Background(), cmd)
		var usage usageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), "kernel that others use") {
			t.Errorf("%s: %v", provider, err)
		}
	}
}
