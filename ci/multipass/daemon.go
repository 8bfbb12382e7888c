//go:build linux

package main

import (
	"context"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/qemu"
)

// daemonVerb is how launch starts an instance's daemon.
const daemonVerb = "standin-daemon"

func newDaemon(d dir) *cobra.Command {
	return &cobra.Command{
		Use:    daemonVerb + " <name> <image> <cpus> <memory>",
		Short:  "Be the daemon of one instance",
		Hidden: true,
		Args:   cobra.ExactArgs(4),
		RunE: func(_ *cobra.Command, args []string) error {
			s := state{Daemon: os.Getpid(), State: "Starting", Image: args[1]}
			s.CPUs, _ = strconv.Atoi(args[2]) // 0 is 1
			s.Memory, _ = strconv.ParseInt(args[3], 10, 64)
			return (&daemon{dir: d, instance: d.instance(args[0]), state: s}).run(context.Background())
		},
	}
}

// daemon holds one instance's machine.
type daemon struct {
	dir      dir
	instance instance

	mu    sync.Mutex // held while the machine is exchanged
	state state
	guest *guestMachine
}

// run boots the machine and serves requests until it has ended.
func (d *daemon) run(ctx context.Context) error {
	if err := d.instance.hold(); err != nil {
		return err
	}
	if err := d.instance.write(d.state); err != nil {
		return err
	}
	selector, err := kernelOf(d.state.Image)
	if err != nil {
		return err
	}
	if err := d.boot(ctx, selector); err != nil {
		return err
	}
	socket, err := net.Listen("unix", d.instance.path("socket"))
	if err != nil {
		return err
	}
	go d.accept(ctx, socket)
	if err := d.setState("Running"); err != nil {
		return err
	}
	return d.watch()
}

func (d *daemon) setState(word string) error {
	d.state.State = word
	return d.instance.write(d.state)
}

// boot starts the machine with that kernel.
func (d *daemon) boot(ctx context.Context, selector string) error {
	image, err := fetch(ctx, selector)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	spec := vms.Spec{Kernel: image, Agent: self, Memory: d.state.Memory, CPUs: d.state.CPUs, Dir: string(d.instance)}
	g, err := startGuest(ctx, qemu.New(qemu.Options{Cache: d.dir.cache()}), spec)
	if err != nil {
		return err
	}
	d.guest = g
	d.state.Release = image.Release
	return nil
}

// watch waits until the machine has ended for good.
func (d *daemon) watch() error {
	for {
		d.mu.Lock()
		g := d.guest
		d.mu.Unlock()
		<-g.Done()
		d.mu.Lock() // waits for a restart
		ended := g == d.guest
		d.mu.Unlock()
		if ended {
			d.setState("Stopped")
			return fmt.Errorf("the machine has ended: %w", g.Err())
		}
	}
}

func (d *daemon) accept(ctx context.Context, socket net.Listener) {
	for {
		conn, err := socket.Accept()
		if err != nil {
			return
		}
		go d.answer(ctx, conn)
	}
}

// answer answers one request.
func (d *daemon) answer(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	dec := json.NewDecoder(conn)
	var req request
	if err := dec.Decode(&req); err != nil {
		return
	}
	out := &replies{enc: gob.NewEncoder(conn)}
	newline := make([]byte, 1)
	in := io.MultiReader(dec.Buffered(), conn)
	in.Read(newline) // the request's own
	end := d.do(ctx, req, in, out)
	end.End = true
	out.send(end)
}

func (d *daemon) do(ctx context.Context, req request, in io.Reader, out *replies) reply {
	if req.Op == "restart" {
		return errorReply(d.restart(ctx))
	}
	d.mu.Lock()
	g := d.guest
	d.mu.Unlock()
	switch req.Op {
	case "exec":
		return g.exec(ctx, req.Argv, in, out)
	case "put":
		return errorReply(g.put(ctx, req.Path, in))
	}
	return reply{Error: "no request " + req.Op}
}

func errorReply(err error) reply {
	if err != nil {
		return reply{Error: err.Error()}
	}
	return reply{}
}

// restart boots the machine again, with the kernel that was installed if one
// was.
func (d *daemon) restart(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	selector, err := d.guest.nextKernel(ctx)
	if err != nil {
		return err
	}
	if selector == "" {
		selector = d.state.Release
	}
	if err := d.setState("Restarting"); err != nil {
		return err
	}
	if err := d.guest.Close(); err != nil {
		return err
	}
	if err := d.boot(ctx, selector); err != nil {
		return err
	}
	return d.setState("Running")
}
