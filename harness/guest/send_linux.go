package guest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/wire"
)

// quiet is how long nothing must arrive before a receiver is done. A veth
// pair delivers within the sender's own system call; this is for the
// scheduler's sake.
const quiet = 300 * time.Millisecond

const burst = 64 // datagrams between looks at the receiver

var other = map[string]string{client: server, server: client}

// sendPackets sends datagrams from one namespace to a receiver in the other
// and counts what arrives.
func (a *agent) sendPackets(ctx context.Context, args wire.Send) (wire.SendResult, error) {
	to, ok := other[args.From]
	if !ok {
		return wire.SendResult{}, fmt.Errorf("packets go from client or server, not from %q", args.From)
	}
	target := &unix.SockaddrInet4{Addr: addresses[to], Port: args.Port}
	receiver, err := a.datagrams(to, func(fd int) error { return errors.Join(unix.Bind(fd, target), makeRoom(fd)) })
	if err != nil {
		return wire.SendResult{}, fmt.Errorf("receiver: %w", err)
	}
	defer receiver.Close()
	sender, err := a.datagrams(args.From, func(fd int) error { return unix.Connect(fd, target) })
	if err != nil {
		return wire.SendResult{}, fmt.Errorf("sender: %w", err)
	}
	defer sender.Close()
	return exchange(ctx, sender, receiver, args)
}

// datagrams opens a UDP socket in a namespace.
func (a *agent) datagrams(namespace string, prepare func(fd int) error) (socket *os.File, err error) {
	err = a.net.in(namespace, func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			return err
		}
		socket = os.NewFile(uintptr(fd), "UDP socket")
		if err := prepare(fd); err != nil {
			return errors.Join(err, socket.Close())
		}
		return nil
	})
	return socket, err
}

// exchange sends in bursts small enough for the receiver's buffer.
func exchange(ctx context.Context, sender, receiver *os.File, args wire.Send) (res wire.SendResult, err error) {
	payload := make([]byte, args.Size)
	for res.Sent < args.Count {
		if ctx.Err() != nil {
			return res, ctx.Err()
		}
		for range min(burst, args.Count-res.Sent) {
			if _, err := sender.Write(payload); err != nil {
				return res, fmt.Errorf("send: %w", err)
			}
			res.Sent++
		}
		if res.Received, err = drain(receiver, res.Received, res.Sent, time.Millisecond); err != nil {
			return res, err
		}
	}
	res.Received, err = drain(receiver, res.Received, res.Sent, quiet)
	return res, err
}

// receiveBuffer holds a burst even where each small datagram takes a whole
// page, as it does behind native XDP on veth.
const receiveBuffer = 4 << 20

func makeRoom(fd int) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer); err != nil {
		return fmt.Errorf("receive buffer: %w", err)
	}
	return nil
}

// drain counts datagrams until as many came as were sent, or none came for
// the given time.
func drain(receiver *os.File, got, want int, wait time.Duration) (int, error) {
	buf := make([]byte, 64<<10)
	for got < want {
		receiver.SetReadDeadline(time.Now().Add(wait))
		_, err := receiver.Read(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return got, nil
		}
		if err != nil && err != io.EOF { // io.EOF: a datagram without contents
			return got, fmt.Errorf("receive: %w", err)
		}
		got++
	}
	return got, nil
}
