package guest

import (
	"context"
	"errors"
	"fmt"
	"net"
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
	target := &net.UDPAddr{IP: address(to), Port: args.Port}
	var receiver, sender *net.UDPConn
	err := a.net.in(to, func() (err error) { receiver, err = net.ListenUDP("udp4", target); return err })
	if err != nil {
		return wire.SendResult{}, fmt.Errorf("receiver: %w", err)
	}
	defer receiver.Close()
	err = a.net.in(args.From, func() (err error) { sender, err = net.DialUDP("udp4", nil, target); return err })
	if err != nil {
		return wire.SendResult{}, fmt.Errorf("sender: %w", err)
	}
	defer sender.Close()
	return exchange(ctx, sender, receiver, args)
}

// exchange sends in bursts small enough for the receiver's buffer.
func exchange(ctx context.Context, sender, receiver *net.UDPConn, args wire.Send) (res wire.SendResult, err error) {
	if err := makeRoom(receiver); err != nil {
		return res, err
	}
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

func makeRoom(receiver *net.UDPConn) error {
	raw, err := receiver.SyscallConn()
	if err != nil {
		return err
	}
	var setErr error
	err = raw.Control(func(fd uintptr) {
		setErr = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer)
	})
	if err := errors.Join(err, setErr); err != nil {
		return fmt.Errorf("receive buffer: %w", err)
	}
	return nil
}

// drain counts datagrams until as many came as were sent, or none came for
// the given time.
func drain(receiver *net.UDPConn, got, want int, wait time.Duration) (int, error) {
	buf := make([]byte, 64<<10)
	for got < want {
		receiver.SetReadDeadline(time.Now().Add(wait))
		_, err := receiver.Read(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return got, nil
		}
		if err != nil {
			return got, fmt.Errorf("receive: %w", err)
		}
		got++
	}
	return got, nil
}
