package guest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/wire"
)

// openNetwork makes a lab's network in namespaces of the running kernel.
func openNetwork(t *testing.T) *agent {
	t.Helper()
	a := &agent{}
	switch err := a.net.open(); {
	case errors.Is(err, fs.ErrPermission):
		t.Skip("makes network namespaces, which needs root")
	case errors.Is(err, unix.EOPNOTSUPP):
		t.Skip("makes a veth pair, which the running kernel lacks:", err)
	case err != nil:
		t.Fatal(err)
	}
	t.Cleanup(a.net.close)
	return a
}

func TestDevicesOfANetwork(t *testing.T) {
	a := openNetwork(t)
	want := map[string]string{client: "10.77.0.1/24", server: "10.77.0.2/24"}
	for name, address := range want {
		err := a.net.in(name, func() error {
			std, err := net.InterfaceByName(name)
			if err != nil {
				return err
			}
			got, err := findDevice(name)
			if err != nil {
				return err
			}
			if got.index != std.Index || !bytes.Equal(got.hardware, std.HardwareAddr) || std.Flags&net.FlagUp == 0 {
				t.Errorf("%s is %+v, and the library says %+v", name, got, std)
			}
			addrs, err := std.Addrs()
			if len(addrs) != 1 || addrs[0].String() != address {
				t.Errorf("%s has %v, want %s", name, addrs, address)
			}
			return err
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, missing := range []string{"missing", "an interface of a long name"} {
		if d, err := findDevice(missing); err == nil {
			t.Errorf("%s is %+v", missing, d)
		}
	}
}

func TestDatagramsArrive(t *testing.T) {
	a := openNetwork(t)
	for _, size := range []int{0, 32, 1400} {
		sendAll(t, a, size, 100)
	}
}

// sendAll sends a hundred datagrams and expects that so many arrive.
func sendAll(t *testing.T, a *agent, size, arrive int) {
	t.Helper()
	got, err := a.sendPackets(context.Background(), wire.Send{From: client, Port: 7000, Count: 100, Size: size})
	if err != nil || got.Sent != 100 || got.Received != arrive {
		t.Errorf("%d bytes: sent %d, received %d, want %d, error %v", size, got.Sent, got.Received, arrive, err)
	}
}

// dropping returns a program that returns a verdict for each packet.
func dropping(t *testing.T, kind ebpf.ProgramType, verdict int32) *ebpf.Program {
	t.Helper()
	p, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: kind, License: "GPL", Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, verdict), asm.Return()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func TestDroppingPrograms(t *testing.T) {
	if os.Getenv("BPFLAB_VM_TESTS") != "1" {
		t.Skip("loads programs into the running kernel: set BPFLAB_VM_TESTS=1, as `make test` does")
	}
	const drop, shot = 1, 2 // XDP_DROP, TC_ACT_SHOT
	for name, test := range map[string]struct {
		prog    *ebpf.Program
		section string
		to      string
		mode    string
		attach  func(placement) (io.Closer, wire.AttachResult, error)
	}{
		"XDP":         {dropping(t, ebpf.XDP, drop), "xdp", server, "", attachXDP},
		"generic XDP": {dropping(t, ebpf.XDP, drop), "xdp", server, "generic", attachXDP},
		"tc ingress":  {dropping(t, ebpf.SchedCLS, shot), "tc/ingress", server, "", attachTC},
		"tc egress":   {dropping(t, ebpf.SchedCLS, shot), "tc/egress", client, "", attachTC},
	} {
		t.Run(name, func(t *testing.T) {
			a := openNetwork(t)
			for range 2 { // the second time there is a clsact
				closer, res, err := test.attach(placement{prog: test.prog, spec: &ebpf.ProgramSpec{SectionName: test.section},
					args: wire.Attach{Program: "drops", Network: true, To: test.to, Mode: test.mode}, net: &a.net})
				if err != nil {
					t.Fatalf("%+v: %v", res, err)
				}
				sendAll(t, a, 32, 0)
				if err := closer.Close(); err != nil {
					t.Error(err)
				}
				sendAll(t, a, 32, 100)
			}
		})
	}
}
