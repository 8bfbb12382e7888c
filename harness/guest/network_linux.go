package guest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// The two ends of a lab's network. Each is the name of a namespace and of the
// veth interface in it.
const (
	client = "client"
	server = "server"
)

var addresses = map[string][4]byte{client: {10, 77, 0, 1}, server: {10, 77, 0, 2}}

var errNoNetns = errors.New("no such network namespace: the step has no `network: true`")

// network is the lab's pair of network namespaces, while there is one. A
// namespace lives as long as its file is open.
type network struct {
	spaces map[string]*os.File
}

func (a *agent) netOn(context.Context, none) (none, error)  { return none{}, a.net.open() }
func (a *agent) netOff(context.Context, none) (none, error) { a.net.close(); return none{}, nil }

func loopbackUp() error {
	lo, err := findDevice("lo")
	if err != nil {
		return fmt.Errorf("loopback: %w", err)
	}
	return lo.up()
}

func (n *network) open() error {
	n.close()
	n.spaces = map[string]*os.File{}
	for _, name := range []string{client, server} {
		ns, err := newNamespace()
		if err != nil {
			return fmt.Errorf("network namespace (needs CONFIG_NET_NS): %w", err)
		}
		n.spaces[name] = ns
	}
	if err := n.join(); err != nil {
		n.close()
		return err
	}
	return nil
}

// join makes the veth pair, one end in each namespace, with addresses and
// fixed neighbours, so that no packet but the lab's own crosses it.
func (n *network) join() error {
	err := n.in(client, func() error { return addVeth(client, server, int(n.spaces[server].Fd())) })
	if err != nil {
		return fmt.Errorf("veth pair (needs CONFIG_VETH): %w", err)
	}
	hardware := map[string][]byte{}
	for _, name := range []string{client, server} {
		if err := n.in(name, func() (err error) { hardware[name], err = bringUp(name); return err }); err != nil {
			return fmt.Errorf("interface %s: %w", name, err)
		}
	}
	for self, peer := range map[string]string{client: server, server: client} {
		if err := n.in(self, func() error { return neighbour(self, peer, hardware[peer]) }); err != nil {
			return fmt.Errorf("neighbour of %s: %w", self, err)
		}
	}
	return nil
}

// bringUp gives the namespace's end its address, and returns that of its hardware.
func bringUp(name string) ([]byte, error) {
	for _, f := range []string{"all", "default", name} {
		os.WriteFile("/proc/sys/net/ipv6/conf/"+f+"/disable_ipv6", []byte("1"), 0) // no neighbour discovery; may be missing
	}
	if err := loopbackUp(); err != nil {
		return nil, err
	}
	dev, err := findDevice(name)
	if err != nil {
		return nil, err
	}
	if err := dev.addAddress(addresses[name]); err != nil {
		return nil, err
	}
	return dev.hardware, dev.up()
}

func neighbour(dev, peer string, mac []byte) error {
	self, err := findDevice(dev)
	if err != nil {
		return err
	}
	return self.setNeighbour(addresses[peer], mac)
}

// in runs f on a thread in the namespace ("" is the machine's own); sockets
// that f opens and processes that it starts belong there. The thread ends
// with f.
func (n *network) in(namespace string, f func() error) error {
	if namespace == "" {
		return f()
	}
	ns := n.spaces[namespace]
	if ns == nil {
		return fmt.Errorf("%s: %w", namespace, errNoNetns)
	}
	return onThread(func() error {
		if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("enter namespace %s: %w", namespace, err)
		}
		return f()
	})
}

func newNamespace() (ns *os.File, err error) {
	err = onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		ns, err = os.Open("/proc/thread-self/ns/net")
		return err
	})
	return ns, err
}

// onThread runs f on a thread that is thrown away afterwards, whatever f
// changed about it.
func onThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- f()
	}()
	return <-done
}

func (n *network) close() {
	for _, ns := range n.spaces {
		ns.Close()
	}
	n.spaces = nil
}
