// Command skips runs `go test` with its own arguments, prints what go test
// prints, and at the end lists every test that was skipped, with the reason:
// a skip is a claim that somebody should read.
//
//	go run ./ci/skips -timeout 60m ./...
//	go run ./ci/skips -C ci/dist ./...    # in another module
//
// Its exit code is go test's.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			os.Exit(exit.ExitCode())
		}
		fmt.Fprintln(os.Stderr, "skips:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	dir := ""
	if len(args) > 1 && args[0] == "-C" {
		dir, args = args[1], args[2:]
	}
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	events, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	follow := newFollower(os.Stdout)
	readErr := follow.read(events)
	if err := cmd.Wait(); err != nil {
		follow.summary()
		return err
	}
	follow.summary()
	return readErr
}
