package lxd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	lxd "github.com/canonical/lxd/client"
	"github.com/canonical/lxd/shared/api"
)

// connect connects to the server, once, and makes sure that the project exists.
func (p *Provider) connect(ctx context.Context) (s *server, err error) {
	err = within(ctx, func() error {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.entered {
			return nil
		}
		if err := p.reach(ctx); err != nil {
			return err
		}
		if err := ensureProject(p.server.InstanceServer, p.options.Project); err != nil {
			return err
		}
		p.entered = true
		_, err := p.server.GetEvents() // one listener for all operations to come, or each opens its own
		return err
	})
	return p.server, err
}

// visit connects to the server if the project is there; the server is nil if it
// is not.
func (p *Provider) visit(ctx context.Context) (s *server, err error) {
	err = within(ctx, func() error {
		p.mu.Lock()
		defer p.mu.Unlock()
		if err := p.reach(ctx); err != nil {
			return err
		}
		_, _, err := p.server.GetProject(p.options.Project)
		if err == nil {
			s = p.server
		}
		if api.StatusErrorCheck(err, 404) {
			return nil
		}
		return err
	})
	return s, err
}

// reach connects to the server.
func (p *Provider) reach(ctx context.Context) error {
	if p.server != nil {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	s, err := p.dial(ctx)
	if err != nil {
		return err
	}
	if s.info, _, err = s.GetServer(); err != nil {
		return err
	}
	if s.info.Auth != "trusted" {
		return errUntrusted
	}
	s.InstanceServer, s.project = s.UseProject(p.options.Project), p.options.Project
	p.server = s
	return nil
}

var errUntrusted = errors.New("the server does not trust this client's certificate")

// dial connects to where the options say.
func (p *Provider) dial(ctx context.Context) (*server, error) {
	if p.options.Remote == "" {
		return dialLocal(ctx)
	}
	r, err := findRemote(p.options.Remote)
	if err != nil {
		return nil, err
	}
	if path, ok := strings.CutPrefix(r.addr, "unix:"); ok {
		if path = strings.TrimPrefix(path, "//"); path == "" {
			return dialLocal(ctx)
		}
		return dialSocket(ctx, path)
	}
	return r.dial(ctx)
}

// sockets are where servers listen: the snap's, then the distribution's.
var sockets = []string{"/var/snap/lxd/common/lxd/unix.socket", "/var/lib/lxd/unix.socket"}

// noServer says where no server was found.
type noServer struct{ looked []string }

func (e *noServer) Error() string {
	return "no LXD server on this host: there is no " + strings.Join(e.looked, " and no ")
}

// dialLocal connects to the server of this host: $LXD_SOCKET's or $LXD_DIR's,
// else the first there is.
func dialLocal(ctx context.Context) (*server, error) {
	paths := sockets
	if dir := os.Getenv("LXD_DIR"); dir != "" {
		paths = []string{filepath.Join(dir, "unix.socket")}
	}
	if path := os.Getenv("LXD_SOCKET"); path != "" {
		paths = []string{path}
	}
	for _, path := range paths {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			return dialSocket(ctx, path)
		}
	}
	return nil, &noServer{paths}
}

// dialSocket connects to a socket. It is tried by hand first: the client's
// error does not say why it could not.
func dialSocket(ctx context.Context, path string) (*server, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	conn.Close()
	s, err := lxd.ConnectLXDUnixWithContext(context.WithoutCancel(ctx), path, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &server{InstanceServer: s, dir: filepath.Dir(path)}, nil
}

// ensureProject creates the project if it does not exist. It has its own images, profiles
// and volumes, separate from everybody else's.
func ensureProject(s lxd.InstanceServer, name string) error {
	_, _, err := s.GetProject(name)
	if !api.StatusErrorCheck(err, 404) {
		return err
	}
	err = s.CreateProject(api.ProjectsPost{Name: name, ProjectPut: api.ProjectPut{
		Description: "machines of bpflab, which may be removed at any time: bpflab vms gc --all",
		Config:      map[string]string{"features.images": "true", "features.profiles": "true", "features.storage.volumes": "true"},
	}})
	if api.StatusErrorCheck(err, 409) {
		return nil // another process was faster
	}
	return err
}
