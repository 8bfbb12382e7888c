package lxd

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	lxd "github.com/canonical/lxd/client"
	"github.com/canonical/lxd/shared/api"

	"github.com/bpflab/bpflab/vms/lease"
)

// ownerKey is the label of bpflab's instances: the lease.Owner of the process that
// made them. An instance without it is not bpflab's, whatever its name.
const ownerKey = "user.bpflab.owner"

// instance is one of bpflab's on a server.
type instance struct {
	server *server
	name   string
	member *member
}

// newName returns a name that no other instance has.
func newName() string { return "bpflab-" + strings.ToLower(rand.Text())[:10] }

// create makes an instance, which does not run yet. The want's name and labels
// are filled in. Where LXD names a cluster member that does not answer, another is
// tried.
func (p *Provider) create(ctx context.Context, s *server, want api.InstancesPost) (*instance, error) {
	want.Config[ownerKey] = lease.Self().String()
	want.Description = "made by bpflab; bpflab vms list shows whose it is"
	for {
		i, err := p.createOnce(ctx, s, want)
		if err == nil || ctx.Err() != nil || !p.blame(s, err) {
			return i, err
		}
	}
}

func (p *Provider) createOnce(ctx context.Context, s *server, want api.InstancesPost) (*instance, error) {
	target, err := p.target(s)
	if err != nil {
		return nil, err
	}
	want.Name = newName()
	i := &instance{server: s, name: want.Name}
	if err := i.make(ctx, s.on(target), want); err != nil {
		return nil, errors.Join(fmt.Errorf("make instance %s: %w", want.Name, err), i.removeLater(ctx))
	}
	if i.member, err = p.memberOf(s, want.Name); err != nil {
		return nil, errors.Join(err, i.removeLater(ctx))
	}
	i.member.count(1)
	return i, nil
}

// make waits until the instance exists. When ctx ends, it still waits until the server has
// given up or is done, because an instance cannot be removed before it exists.
func (i *instance) make(ctx context.Context, s *server, want api.InstancesPost) error {
	op, err := s.CreateInstance(want)
	if err != nil {
		return err
	}
	err = i.server.await(ctx, op)
	if ctx.Err() == nil {
		return err
	}
	op.Cancel() // where the server can
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeLimit)
	defer cancel()
	i.server.await(late, op)
	return context.Cause(ctx)
}

// memberOf returns the member that LXD has placed an instance on.
func (p *Provider) memberOf(s *server, name string) (*member, error) {
	if !s.info.Environment.ServerClustered {
		return p.at(""), nil
	}
	got, _, err := s.GetInstance(name)
	if err != nil {
		return nil, err
	}
	return p.at(got.Location), nil
}

// setState starts or stops the instance.
func (i *instance) setState(ctx context.Context, put api.InstanceStatePut) error {
	return i.server.perform(ctx, func() (lxd.Operation, error) { return i.server.UpdateInstanceState(i.name, put, "") })
}

func (i *instance) start(ctx context.Context) error {
	return i.setState(ctx, api.InstanceStatePut{Action: "start", Timeout: -1})
}

// stop ends the instance, if it runs.
func (i *instance) stop(ctx context.Context) error {
	err := i.setState(ctx, api.InstanceStatePut{Action: "stop", Timeout: -1, Force: true})
	if err != nil && strings.Contains(err.Error(), "already stopped") {
		return nil
	}
	return err
}

// update changes the instance's configuration.
func (i *instance) update(ctx context.Context, change func(*api.InstancePut)) error {
	got, etag, err := i.server.GetInstance(i.name)
	if err != nil {
		return err
	}
	put := got.Writable()
	change(&put)
	return i.server.perform(ctx, func() (lxd.Operation, error) { return i.server.UpdateInstance(i.name, put, etag) })
}

// removeLimit is how long an instance may take to be removed.
const removeLimit = 30 * time.Second

// removeLater removes the instance also if ctx has ended.
func (i *instance) removeLater(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeLimit)
	defer cancel()
	err := i.remove(ctx)
	if i.member != nil {
		i.member.count(-1)
	}
	if err != nil {
		return fmt.Errorf("instance %s is left on the server (bpflab vms gc removes it): %w", i.name, err)
	}
	return nil
}

// remove stops and deletes the instance. LXD refuses both now and then while
// another operation on it ends, so they are tried again. It is no error if it is gone.
func (i *instance) remove(ctx context.Context) error {
	for {
		err := i.removeOnce(ctx)
		if err == nil || api.StatusErrorCheck(err, 404) || isNotFound(err) {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(200 * time.Millisecond):
		}
		if unreachable(err) {
			return err
		}
	}
}

func (i *instance) removeOnce(ctx context.Context) error {
	var got *api.Instance
	err := within(ctx, func() (err error) {
		got, _, err = i.server.GetInstance(i.name)
		return err
	})
	if err != nil {
		return err
	}
	if got.StatusCode != api.Stopped {
		if err := i.stop(ctx); err != nil {
			return err
		}
	}
	return i.server.perform(ctx, func() (lxd.Operation, error) { return i.server.DeleteInstance(i.name) })
}

// isNotFound reports whether an operation's error, whose code is lost on the way, means that.
func isNotFound(err error) bool { return strings.Contains(err.Error(), "not found") }

// unreachable reports whether an error is that of a server or member that does not answer.
func unreachable(err error) bool {
	msg := strings.ToLower(err.Error())
	for _, part := range []string{"unable to connect", "connection refused", "no such host", "is offline", "connect: no such file", "eof", "connection reset"} {
		if strings.Contains(msg, part) {
			return true
		}
	}
	return false
}

// note remembers a member that did not answer, and says with the error where the
// instance is.
func (i *instance) note(err error) error {
	if err == nil || i.member == nil {
		return err
	}
	if unreachable(err) {
		i.member.setUnresponsive()
	}
	return &misplaced{i.where(), err}
}

// where returns the instance's cluster member, or its server if that is not this
// host's.
func (i *instance) where() string {
	if i.member.name != "" {
		return i.member.name
	}
	return i.server.where
}
