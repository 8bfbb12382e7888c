package guest

import (
	"fmt"
	"io"
	"os"
	"slices"
)

// Main serves as guest agent if this process was started as one, and reports whether it was:
// as PID 1 of a machine that bpflab booted, where it does not return, or with "agent" as the
// only argument, in a machine that others booted, on standard input and output until they end.
// With "agent --private" it does so on a kernel that others use too, as PID 1 of namespaces of
// its own. A failure ends the process with the status 3.
func Main(args []string) bool {
	var serve func(io.ReadWriter) error
	switch {
	case os.Getpid() == 1 && args[0] == "/init":
		// A container's PID 1 may happen to be bpflab: it has another name.
		Init()
	case slices.Equal(args[1:], []string{"agent"}):
		serve = Serve
	case slices.Equal(args[1:], []string{"agent", "--private"}):
		serve = ServePrivate
	default:
		return false
	}
	if err := serve(stdio{}); err != nil {
		fmt.Fprintln(os.Stderr, "bpflab agent:", err)
		os.Exit(3)
	}
	return true
}

// stdio is the stream to a provider that holds both ends of standard input and output.
type stdio struct{}

func (stdio) Read(b []byte) (int, error)  { return os.Stdin.Read(b) }
func (stdio) Write(b []byte) (int, error) { return os.Stdout.Write(b) }
