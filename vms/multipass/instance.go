package multipass

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// instance is one of multipass's machines.
type instance struct {
	multipass command
	notes     notes
	name      string
}

func (p *Provider) instance(name string) *instance {
	return &instance{multipass: p.multipass, notes: p.notes, name: name}
}

// newName returns a name that no other instance has.
func newName() string { return prefix + strings.ToLower(rand.Text())[:10] }

// exec runs a command in the instance and returns its output.
func (i *instance) exec(ctx context.Context, argv ...string) (string, error) {
	return i.multipass.run(ctx, nil, i.execArgs(argv...)...)
}

func (i *instance) execArgs(argv ...string) []string {
	return append([]string{"exec", i.name, "--"}, argv...)
}

// push writes a file in the instance, as the instance's user.
func (i *instance) push(ctx context.Context, content io.Reader, path string) error {
	_, err := i.multipass.run(ctx, content, "transfer", "-", i.name+":"+path)
	return err
}

// state returns multipass's word for it: "Running", "Stopped".
func (i *instance) state(ctx context.Context) (string, error) {
	text, err := i.multipass.run(ctx, nil, "info", i.name, "--format", "json")
	if err != nil {
		return "", err
	}
	return parseState(text, i.name)
}

// bootID returns the kernel's identity of the instance's current boot.
func (i *instance) bootID(ctx context.Context) (string, error) {
	text, err := i.exec(ctx, "cat", "/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(text), err
}

const (
	removeLimit = 2 * time.Minute // for an instance to be removed
	retryEvery  = 500 * time.Millisecond
)

// remove removes the instance, also if ctx has ended, and then its note. That
// it is gone is no error.
func (i *instance) remove(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeLimit)
	defer cancel()
	for {
		err := i.purge(ctx)
		switch {
		case err == nil:
			i.notes.drop(i.name)
			return nil
		case ctx.Err() != nil || isFinal(err):
			return fmt.Errorf("%s is left in multipass (bpflab vms gc removes it): %w", i.name, err)
		}
		pause(ctx, retryEvery)
	}
}

// purge removes the instance once. That there is none is no error.
func (i *instance) purge(ctx context.Context) error {
	_, err := i.multipass.run(ctx, nil, "delete", "--purge", i.name)
	if isMissing(err) {
		return nil
	}
	return err
}

// isMissing reports whether an error is multipass's for an instance that is not there.
func isMissing(err error) bool {
	return err != nil && strings.Contains(err.Error(), "does not exist")
}

// isFinal reports whether an error is the same the next time.
func isFinal(err error) bool {
	var missing *notInstalled
	return errors.As(err, &missing) || strings.Contains(err.Error(), "multipass socket")
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
