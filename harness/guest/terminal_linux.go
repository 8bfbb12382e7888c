package guest

import (
	"context"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/creack/pty"

	"github.com/bpflab/bpflab/vms/wire"
)

// execTerminal runs a command as the leader of a session on a terminal of its own.
func (a *agent) execTerminal(cmd *exec.Cmd, args wire.Exec, req *wire.Request) (any, error) {
	host, guest, err := pty.Open()
	if err != nil {
		return nil, &wire.Fault{Op: req.Op, Code: "unsupported", Msg: "no terminal: " + err.Error()}
	}
	defer host.Close()
	if err := resize(host, *args.Terminal); err != nil {
		return nil, err
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = guest, guest, guest
	cmd.SysProcAttr.Setpgid, cmd.SysProcAttr.Setsid, cmd.SysProcAttr.Setctty = false, true, true
	said := make(chan struct{})
	res, err := a.run(cmd, args, func() {
		guest.Close()
		a.running.owns(args.ID, host)
		go io.Copy(host, req.Data())
		go func() {
			defer close(said)
			io.Copy(req.Output(wire.Stdout), host) // ends when nobody has the terminal open
		}()
	})
	if err == nil && cmd.Process != nil {
		select {
		case <-said:
		case <-time.After(lastWords): // a job in the background has the terminal open
		}
	}
	return res, err
}

// lastWords is how long what a shell leaves behind may still write.
const lastWords = 200 * time.Millisecond

func resize(terminal *os.File, size wire.Terminal) error {
	return pty.Setsize(terminal, &pty.Winsize{Rows: size.Rows, Cols: size.Cols})
}

func (a *agent) resize(_ context.Context, args wire.Resize) (none, error) {
	a.running.mu.Lock()
	defer a.running.mu.Unlock()
	if terminal := a.running.terminals[args.ID]; terminal != nil {
		return none{}, resize(terminal, args.Terminal)
	}
	return none{}, nil
}
