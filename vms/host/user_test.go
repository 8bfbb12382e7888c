package host

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms"
)

func TestWhoMayLoad(t *testing.T) {
	const all = "         0          0 4294967295\n"
	for _, test := range []struct {
		name string
		user user
		want string // in the error; "" is none
	}{
		{"root", user{0, all}, ""},
		{"root without user namespaces", user{0, ""}, ""},
		{"ordinary user", user{1000, all}, "takes root, and this is user 1000"},
		{"root of a rootless container", user{0, "0 1000 1\n1 100000 65536\n"}, "root of a user namespace"},
		{"root of a namespace with one user", user{0, "0 1000 1\n"}, "root of a user namespace"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.user.mayLoad()
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestNotRootIsToldWhatToDo(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("bpflab cannot run on the kernel of " + runtime.GOOS)
	}
	p := &Provider{user: user{id: 1000}}
	_, capsErr := p.Caps(t.Context())
	_, startErr := p.Start(t.Context(), vms.Spec{})
	for _, err := range []error{capsErr, startErr} {
		var failed *vms.StartError
		if !errors.As(err, &failed) || !strings.Contains(failed.Hint, "sudo") || !strings.Contains(failed.Hint, "--provider qemu") {
			t.Errorf("error %v, want a *vms.StartError that names sudo and qemu", err)
		}
	}
}
