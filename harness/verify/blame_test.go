package verify

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/vmstest"
	"github.com/bpflab/bpflab/vms/wire"
)

const warn = "[ 9.0] ------------[ cut here ]------------\n[ 9.0] WARNING: CPU: 0 PID: 1 at kernel/bpf/verifier.c:1 f+0x1/0x2\n[ 9.0] ---[ end trace 0000000000000000 ]---\n"

// fakeVerifiers answers for machines whose kernel accepts every program, warns of the
// second one, on a console that is late, and whose stream the third one breaks.
func fakeVerifiers(t *testing.T, console string) map[string]wire.Handler {
	lines := make(chan string, 100)
	t.Cleanup(func() { close(lines) })
	go func() {
		for text := range lines {
			time.Sleep(20 * time.Millisecond)
			f, err := os.OpenFile(console, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
			if err != nil {
				t.Error(err)
				return
			}
			f.WriteString(text)
			f.Close()
		}
	}()
	return map[string]wire.Handler{
		wire.OpOpen: func(context.Context, *wire.Request) (any, error) { return wire.OpenResult{}, nil },
		wire.OpMark: func(_ context.Context, req *wire.Request) (any, error) {
			var args wire.Mark
			err := req.Decode(&args)
			lines <- "[ 9.5] bpflab: " + args.Text + "\n"
			return wire.MarkResult{Written: true}, err
		},
		wire.OpVerify: func(_ context.Context, req *wire.Request) (any, error) {
			var args wire.Verify
			err := req.Decode(&args)
			switch args.Program {
			case "warns":
				lines <- warn
			case "breaks":
				return "no result", err
			}
			return wire.VerifyResult{Accepted: true}, err
		},
	}
}

// fakeAnswers are those of fakeVerifiers for any machine.
func fakeAnswers(t *testing.T) func(int, string) map[string]wire.Handler {
	return func(_ int, console string) map[string]wire.Handler { return fakeVerifiers(t, console) }
}

// What a kernel reports is charged to the program at which it did, however late the
// console is, and what comes on the agent's stream to the one that was loaded, without
// another attempt. The programs after them have machines of their own.
func TestWhoIsToBlame(t *testing.T) {
	provider := &vmstest.Fake{Answers: fakeAnswers(t)}
	pool := scheduler.New(scheduler.Options{Provider: provider, Dir: t.TempDir(), Retries: 2,
		Host: func() scheduler.Memory { return scheduler.Memory{Available: 64 << 30, Total: 64 << 30} }})
	object := &Object{Name: "o", ELF: []byte("o")}
	for _, name := range []string{"before", "warns", "breaks", "last"} {
		object.Programs = append(object.Programs, Program{Name: name})
	}
	var got []string
	for _, r := range Run(t.Context(), []*Object{object}, []kernel.Image{{Selector: "6.1", Series: "6.1"}}, Options{Pool: pool}) {
		code := ""
		if r.Reason != nil {
			code = r.Reason.Code
		}
		got = append(got, fmt.Sprintf("%s %v %s %s%s", r.Program, r.Accepted, r.Stage, code, r.Infra))
	}
	want := []string{"before true  ", "warns false warning kernel_warning", "breaks false stream broken_stream", "last true  "}
	if strings.Join(got, "\n") != strings.Join(want, "\n") || provider.Started.Load() != 3 {
		t.Errorf("in %d machines, want 3:\n%s\nwant\n%s", provider.Started.Load(), strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
