package host

import (
	"fmt"
	"os"
	"testing"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/vmstest"
)

// pinAt makes this binary one that leaves pins behind, at that path.
const pinAt = "BPFLAB_TEST_PIN"

func TestMain(m *testing.M) {
	vmstest.Child(func() vms.Provider { return New() })
	if path := os.Getenv(pinAt); path != "" {
		if err := pin(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}
