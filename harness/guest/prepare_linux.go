package guest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/bpflab/bpflab/vms/wire"
)

// prepareAndServe says hello, prepares all that does not depend on who the machine
// is, and waits to be resumed; it may be one of many copies when that happens.
// Then it answers calls until the host hangs up.
func prepareAndServe(stream hostStream, v *bootVariant) error {
	if err := wire.Hello(stream); err != nil {
		return err
	}
	if err := linkApplets(); err != nil {
		complain(err) // commands will report it
	}
	reserveThreads()
	port := openLater(stream)
	id, err := prepareIdentity()
	if err != nil {
		return err
	}
	defer id.close()
	ready, err := describe(stream.port || port != nil, v)
	if err != nil {
		return err
	}
	agent := newAgent(newReaper())
	defer agent.close()
	if _, err := parameter("bpflab.copied"); err == nil {
		agent.rehearse()
	}
	handlers := agent.handlers()
	for {
		agent.log.silent() // what came before is none of a session's
		resume, on, err := wait(stream, port)
		if err != nil {
			return err
		}
		if resume.Rehearse {
			agent.rehearse()
		}
		if err := id.serve(resume, wire.NewServer(on, handlers), ready); !errors.Is(err, wire.ErrParked) {
			return err
		}
		agent.close()
		stream.ReadWriter, port = on, nil
	}
}

// openLater loads the modules and returns the virtio port that takes the place of a tty; nil
// where there is none, or where it is the stream already.
func openLater(stream hostStream) *os.File {
	if stream.port {
		return nil
	}
	if err := loadModules(); err != nil {
		complain(err) // a lab that needs the module will report it
	}
	port, err := openPort()
	if err != nil {
		complain(err)
	}
	return port
}

// serve gives the machine an identity, if this is no rehearsal, and answers calls until the host
// hangs up, or parks the agent: then the machine waits to be given another one.
func (id *identity) serve(resume wire.Resume, server *wire.Server, ready []byte) error {
	boot, err := id.become(resume)
	if err != nil {
		return err
	}
	if err := server.Ready(ready, boot, uptime()); err != nil {
		return err
	}
	if err := id.settle(resume); err != nil {
		return err
	}
	return server.Serve(context.Background(), beatEvery)
}

// wait waits to be resumed, on the port where there is one, and returns the
// stream for all that follows.
func wait(stream io.ReadWriter, port *os.File) (wire.Resume, io.ReadWriter, error) {
	if port == nil {
		resume, err := wire.AwaitResume(stream, nil)
		return resume, stream, err
	}
	resume, err := wire.AwaitResume(stream, port)
	return resume, port, err
}

// Serve answers calls on a stream in a machine that is booted already,
// until the host hangs up. Such a machine has its own clock, names and entropy.
func Serve(stream io.ReadWriter) error {
	return serve(stream, newAgent(noReaper{}))
}

func serve(stream io.ReadWriter, agent *agent) error {
	defer agent.close()
	if err := wire.Hello(stream); err != nil {
		return err
	}
	ready, err := describe(false, &bootVariant{})
	if err != nil {
		return err
	}
	boot, err := readBootID()
	if err != nil {
		return err
	}
	if _, err := wire.AwaitResume(stream, nil); err != nil {
		return err
	}
	server := wire.NewServer(stream, agent.handlers())
	if err := server.Ready(ready, boot, uptime()); err != nil {
		return err
	}
	return server.Serve(context.Background(), beatEvery)
}

const beatEvery = time.Second

func complain(err error) { fmt.Fprintln(os.Stderr, "bpflab agent:", err) }
