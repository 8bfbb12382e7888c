package lxd

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
)

// The texts are LXD's own, of 5.0 and 5.21.
func TestHints(t *testing.T) {
	socket := func(err error) error {
		return fmt.Errorf("connect: %w", &net.OpError{Op: "dial", Net: "unix", Err: os.NewSyscallError("connect", err)})
	}
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"no permission", socket(syscall.EACCES), "usermod -aG lxd"},
		{"not running", socket(syscall.ECONNREFUSED), "snap start lxd"},
		{"untrusted", errUntrusted, tokenVariable},
		{"other clock", x509.CertificateInvalidError{Reason: x509.Expired}, "compare the clocks"},
		{"unknown certificate", x509.UnknownAuthorityError{}, "lxc remote add"},
		{"restricted certificate", errors.New("not authorized"), "BPFLAB_LXD_PROJECT"},
		{"direct boot is forbidden", errors.New(`Low level config "raw.qemu" is restricted: virtual-machine low-level options are restricted`), "lowlevel=allow"},
		{"image is gone", errors.New("Failed getting remote image info: Image not found"), "lxc image list"},
		{"pool is full", errors.New("write /x: no space left on device"), "bpflab vms gc --all"},
		{"limit", errors.New(`Reached maximum number of instances of type "virtual-machine" in project "bpflab"`), "lxc project info"},
		{"member is away", errors.New("Unable to connect to: 10.0.0.2:8443"), "lxc cluster list"},
		{"something else", errors.New("x"), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := hint(test.err); !strings.Contains(got, test.want) || test.want == "" && got != "" {
				t.Errorf("hint %q, want one with %q", got, test.want)
			}
		})
	}
}

func TestWhyEnded(t *testing.T) {
	for _, test := range []struct {
		name  string
		known error
		tail  string
		want  string // "" for a power-off
	}{
		{"power-off", nil, "[ 1.0] reboot: Power down\n", ""},
		{"power-off that the connection does not report", errStreamLost, "[ 1.0] reboot: Power down\n", "machine gone: LXD has closed the stream"},
		{"killed", nil, "[ 1.0] working\n", "machine gone: LXD says nothing of why; the console ends with: [ 1.0] working"},
		{"panic", errStreamLost, "[ 1.0] Kernel panic - not syncing: x\n[ 1.1] ---[ end Kernel panic\n", "kernel panic: [ 1.0] Kernel panic - not syncing: x"},
		{"reset", errShorter, "", "machine gone: the guest reset itself"},
	} {
		t.Run(test.name, func(t *testing.T) {
			switch err := whyEnded(test.known, []byte(test.tail)); {
			case test.want == "" && err != nil:
				t.Errorf("error %v", err)
			case test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)):
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}
