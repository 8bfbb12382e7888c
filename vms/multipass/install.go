package multipass

import (
	"context"
	_ "embed" // installScript
	"fmt"
	"strings"
	"time"
)

//go:embed install.sh
var installScript string

// scriptPath is where the script is in an instance.
const scriptPath = "/tmp/bpflab-install.sh"

// install installs the wanted kernel, if one is wanted, and boots the instance
// with it.
func (i *instance) install(ctx context.Context, w wanted, archive string) error {
	if w.pkg == "" && w.mainline == "" {
		return nil
	}
	if err := i.push(ctx, strings.NewReader(installScript), scriptPath); err != nil {
		return err
	}
	args := []string{"package", w.pkg}
	if w.mainline != "" {
		args = []string{"mainline", w.mainline, archive}
	}
	out, err := i.exec(ctx, append([]string{"sudo", "sh", scriptPath}, args...)...)
	if err != nil {
		return fmt.Errorf("install the kernel of %s: %w", w.name, err)
	}
	lines := strings.Fields(out)
	if len(lines) == 0 {
		return fmt.Errorf("install the kernel of %s: the machine does not say which it is", w.name)
	}
	return i.reboot(ctx, lines[len(lines)-1])
}

// wrongKernel is an instance that booted another kernel than was installed.
type wrongKernel struct{ got, want string }

func (e *wrongKernel) Error() string {
	return fmt.Sprintf("kernel %s is installed, and the machine runs %s after its reboot", e.want, e.got)
}

// reboot restarts the instance and waits until it runs the kernel of that
// release.
func (i *instance) reboot(ctx context.Context, release string) error {
	before, err := i.bootID(ctx)
	if err != nil {
		return err
	}
	if _, err := i.multipass.run(ctx, nil, "restart", i.name); err != nil {
		return err
	}
	if err := i.awaitBoot(ctx, before); err != nil {
		return err
	}
	got, err := i.exec(ctx, "uname", "-r")
	if err != nil {
		return err
	}
	if got = strings.TrimSpace(got); got != release {
		return &wrongKernel{got: got, want: release}
	}
	return nil
}

// bootLimit is how long an instance may take to answer after a restart that
// multipass says it has done.
const bootLimit = 5 * time.Minute

// awaitBoot waits until the instance answers in another boot than before.
func (i *instance) awaitBoot(ctx context.Context, before string) error {
	limited, cancel := context.WithTimeout(ctx, bootLimit)
	defer cancel()
	for {
		now, err := i.bootID(limited)
		if err == nil && now != before {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if limited.Err() != nil {
			return fmt.Errorf("%s does not answer after its restart: timed out waiting for another boot than %s", i.name, before)
		}
		pause(limited, retryEvery)
	}
}
