package lxd

import (
	"crypto/x509"
	"errors"
	"io/fs"
	"strings"
	"syscall"
)

// hint returns what the user can do about an error, "" if that is not known.
func hint(err error) string {
	var none *noServer
	var containersOnly *noVirtualMachines
	switch {
	case errors.As(err, &none):
		return "install one (snap install lxd && lxd init --auto), or name a remote of lxc's: --provider lxd:REMOTE"
	case errors.As(err, &containersOnly):
		return "--provider lxd-container runs labs in containers, on the server's own kernel; --provider qemu needs no server"
	case errors.Is(err, errNoAnswer):
		return "LXD 5.0 may wait for a virtual machine for ever (lxc list hangs then too): sudo snap restart lxd, or sudo systemctl restart lxd, lets the machines run on"
	case errors.Is(err, errUntrusted):
		return "have it print a token (lxc config trust add, on the server), and set " + tokenVariable + " to that, once; or lxc remote add"
	case errors.Is(err, errNoRemote):
		return "lxc remote list shows those there are; lxc remote add NAME ADDRESS adds one"
	case errors.Is(err, fs.ErrPermission):
		return "join the group that may use LXD (sudo usermod -aG lxd $USER) and log in again"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the server is not running: sudo snap start lxd, or sudo systemctl start lxd"
	}
	if h := certificateHint(err); h != "" {
		return h
	}
	return textHint(err.Error())
}

// certificateHint returns a hint for a server whose certificate is not trusted.
func certificateHint(err error) string {
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "compare the clocks of this host and of the server; if they agree, renew the server's certificate"
	case errors.As(err, &unknown), errors.As(err, &name):
		return "its certificate is not known here: lxc remote add NAME ADDRESS shows it and remembers it"
	}
	return ""
}

// texts are parts of LXD's own messages that have no code of their own.
var texts = []struct{ part, hint string }{
	{"not authorized", "the certificate is restricted to other projects: lxc config trust edit, on the server, or BPFLAB_LXD_PROJECT"},
	{"token", "tokens work once and expire: have the server print a new one (lxc config trust add)"},
	{"no space left", "the storage pool is full: bpflab vms gc --all --provider lxd removes all that is bpflab's; lxc storage info shows what is left"},
	{"quota", "the project has reached one of its limits: lxc project info, lxc project set"},
	{"reached maximum", "the project has reached one of its limits: lxc project info, lxc project set"},
	{"limits.", "the project has reached one of its limits: lxc project info, lxc project set"},
	{"restricted", "the project forbids what direct boot needs: lxc project set PROJECT restricted.virtual-machines.lowlevel=allow, or --kernel image:ubuntu/24.04"},
	{"image not found", "lxc image list images: shows what there is"},
	{"couldn't be found", "lxc image list images: shows what there is"},
	{"clustering isn't enabled", "--target is for clusters; leave it out"},
	{"offline", "bring the member back, or name another: lxc cluster list"},
	{"unable to connect", "a cluster member does not answer: lxc cluster list"},
	{"x509: certificate has expired or is not yet valid", "compare the clocks of this host and of the server"},
}

func textHint(msg string) string {
	msg = strings.ToLower(msg)
	for _, t := range texts {
		if strings.Contains(msg, t.part) {
			return t.hint
		}
	}
	return ""
}
