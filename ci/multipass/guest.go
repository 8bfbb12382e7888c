//go:build linux

package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/wire"
)

// guestMachine is a machine whose agent takes calls.
type guestMachine struct {
	vms.Machine
	client *wire.Client
}

// startGuest starts a machine and makes it look like Ubuntu to bpflab.
func startGuest(ctx context.Context, p vms.Provider, spec vms.Spec) (*guestMachine, error) {
	m, err := p.Start(ctx, spec)
	if err != nil {
		return nil, err
	}
	g := &guestMachine{Machine: m}
	if err := g.prepare(ctx); err != nil {
		return nil, errors.Join(err, m.Err(), m.Close())
	}
	return g, nil
}

func (g *guestMachine) prepare(ctx context.Context) (err error) {
	stream := g.Stream()
	if g.Info().StartKind == "boot" {
		if stream, err = wire.Prepare(ctx, stream, vms.Port(g.Machine)); err != nil {
			return err
		}
	}
	g.client = wire.NewClient(stream)
	if _, err := g.client.Resume(ctx, wire.NewResume()); err != nil {
		return err
	}
	script, err := toolScript()
	if err != nil {
		return err
	}
	_, err = g.run(ctx, strings.NewReader(script), "sh")
	return err
}

//go:embed tools
var tools embed.FS

// toolScript returns a shell script that puts the tools into a guest, in place of
// busybox's applets, and the list of what can be installed there.
func toolScript() (string, error) {
	installable, err := packages()
	if err != nil {
		return "", err
	}
	files, err := tools.ReadDir("tools")
	if err != nil {
		return "", err
	}
	b := &strings.Builder{}
	fmt.Fprintf(b, "set -e\nmkdir -p /boot/grub /etc/default /etc/multipass-standin\n")
	here(b, "/etc/multipass-standin/packages", []byte(installable))
	for _, f := range files {
		text, err := tools.ReadFile(path.Join("tools", f.Name()))
		if err != nil {
			return "", err
		}
		here(b, "/bin/"+f.Name(), text)
		fmt.Fprintf(b, "chmod 755 /bin/%s\n", f.Name())
	}
	return b.String(), nil
}

// here writes shell that writes a file, and not through a link that is there.
func here(b *strings.Builder, file string, text []byte) {
	fmt.Fprintf(b, "rm -f %s\ncat >%[1]s <<'END OF THE FILE'\n%sEND OF THE FILE\n", file, text)
}

// run runs a command to its end and returns its output.
func (g *guestMachine) run(ctx context.Context, in io.Reader, argv ...string) (string, error) {
	var out, said bytes.Buffer
	var res wire.ExecResult
	args := wire.Exec{Argv: argv, Stdin: in != nil}
	if err := g.client.Call(ctx, wire.OpExec, args, &res, wire.IO{In: in, Stdout: &out, Stderr: &said}); err != nil {
		return "", err
	}
	if res.Exit != 0 {
		return "", fmt.Errorf("%s in the guest: exit %d: %s%s", argv[0], res.Exit, res.Error, &said)
	}
	return out.String(), nil
}

// exec runs a command, with what comes and goes on a connection. It is killed
// when nobody takes its output any more.
func (g *guestMachine) exec(ctx context.Context, argv []string, in io.Reader, out *replies) reply {
	var res wire.ExecResult
	err := g.client.Call(ctx, wire.OpExec, wire.Exec{Argv: argv, Stdin: true}, &res, wire.IO{
		In:     in,
		Stdout: output{out, func(p []byte) reply { return reply{Stdout: p} }},
		Stderr: output{out, func(p []byte) reply { return reply{Stderr: p} }},
	})
	if err != nil {
		return reply{Exit: sshLost, Error: err.Error()}
	}
	if res.Exit < 0 {
		res.Exit = sshLost
	}
	return reply{Exit: res.Exit, Error: res.Error}
}

func (g *guestMachine) put(ctx context.Context, file string, in io.Reader) error {
	return g.client.Call(ctx, wire.OpPut, wire.Put{Path: file, Mode: 0o644}, nil, wire.IO{In: in})
}

// nextForm finds the kernel that the boot loader would start.
var nextForm = regexp.MustCompile(`gnulinux-([^']+)-advanced-standin`)

// nextKernel returns the release of the kernel that was installed in the guest and
// made the one that boots, "" if none was.
func (g *guestMachine) nextKernel(ctx context.Context) (string, error) {
	text, err := g.run(ctx, nil, "sh", "-c", "cat /etc/default/grub.d/* 2>/dev/null || true")
	if err != nil {
		return "", err
	}
	if m := nextForm.FindStringSubmatch(text[strings.LastIndexByte(text, '>')+1:]); m != nil {
		return m[1], nil
	}
	return "", nil
}
