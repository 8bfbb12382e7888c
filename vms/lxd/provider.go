package lxd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	lxd "github.com/canonical/lxd/client"
	"github.com/canonical/lxd/shared/api"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/initramfs"
)

// Options sets up a Provider.
type Options struct {
	Remote     string // "" is this host's server; else a remote of lxc's, or https://HOST:PORT
	Target     string // cluster member, or @GROUP; "" leaves it to LXD
	Containers bool   // containers instead of virtual machines
	Cache      string // directory for initramfs archives
	Project    string // "" means bpflab, which is made if it is not there
}

// defaultProject is the project that is bpflab's own.
const defaultProject = "bpflab"

// Provider starts machines on an LXD server. It is safe for concurrent use.
type Provider struct {
	options  Options
	archives *initramfs.Cache

	imageType api.InstanceType // of machines from images: virtual machines but in tests

	publishing sync.Mutex // of images

	mu      sync.Mutex
	server  *server            // once connected
	entered bool               // the project is there
	members map[string]*member // by name; "" where there is no cluster
}

// New returns a provider. It connects when it is first used.
func New(o Options) *Provider {
	if o.Project == "" {
		o.Project = defaultProject
	}
	return &Provider{options: o, archives: initramfs.NewCache(o.Cache), imageType: api.InstanceTypeVM, members: map[string]*member{}}
}

// Name returns "lxd", or "lxd-container" for containers.
func (p *Provider) Name() string {
	if p.options.Containers {
		return "lxd-container"
	}
	return "lxd"
}

// Caps connects to the server, once, and asks what it is. The error is a
// *vms.StartError that says what is missing.
func (p *Provider) Caps(ctx context.Context) (vms.Caps, error) {
	s, err := p.connect(ctx)
	if err != nil {
		return vms.Caps{}, p.failed(err)
	}
	jobs, err := p.jobs(ctx, s)
	if err != nil {
		return vms.Caps{}, p.failed(err)
	}
	caps := vms.Caps{Kernels: vms.RunningKernel, Shared: true, NoConsole: true, Outlives: true, Jobs: 1, Detail: s.detail()}
	if !p.options.Containers {
		if err := s.hasVirtualMachines(); err != nil {
			return vms.Caps{}, p.failed(err)
		}
		caps = vms.Caps{Kernels: vms.AnyKernel, Outlives: true, LeastMemory: vms.KernelMemory, Jobs: jobs, Detail: s.detail()}
	}
	return caps, nil
}

// failed makes a *vms.StartError of err, with what can be done about it.
func (p *Provider) failed(err error) error {
	failed := &vms.StartError{Provider: p.Name(), Err: err, Hint: hint(err)}
	var at *misplaced
	if errors.As(err, &at) {
		failed.Where = at.where
	}
	return failed
}

// misplaced is an error of an instance that LXD has placed.
type misplaced struct {
	where string
	error
}

func (e *misplaced) Unwrap() error { return e.error }

// server is a connection, and what was learnt of the server at its beginning.
type server struct {
	lxd.InstanceServer // in the project
	info               *api.Server
	project            string
	dir                string // the server's own directory, "" where it is not known
	where              string // its name for people, "" for this host's
}

// detail returns the server in a few words.
func (s *server) detail() string {
	e := s.info.Environment
	detail := "LXD " + e.ServerVersion
	if e.ServerClustered {
		detail += " cluster"
	}
	return fmt.Sprintf("%s (%s)", detail, strings.ReplaceAll(e.Driver, " | ", ", "))
}

// noVirtualMachines is a server that has containers alone.
type noVirtualMachines struct{ why string }

func (e *noVirtualMachines) Error() string {
	return "this server runs no virtual machines" + e.why
}

// hasVirtualMachines returns nil if the server can run them, else a
// *noVirtualMachines with the reason the server has noted.
func (s *server) hasVirtualMachines() error {
	if strings.Contains(s.info.Environment.Driver, "qemu") {
		return nil
	}
	warnings, err := s.UseProject("").GetWarnings() // the server's own, which are no project's
	if err != nil {
		return &noVirtualMachines{}
	}
	for _, w := range warnings {
		if strings.Contains(strings.ToLower(w.Type), "instance type") {
			return &noVirtualMachines{": " + w.LastMessage}
		}
	}
	return &noVirtualMachines{}
}
