//go:build linux

package qemu

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/child"
)

// build is one QEMU: what it says of itself, and the file it is started from.
type build struct {
	version string // its first line about itself
	path    string
	file    fileStamp
	cpu     time.Duration // that saying so took, 0 where it was on record
}

// fileStamp changes when a file is written or another takes its place.
type fileStamp struct {
	device, inode uint64
	size          int64
	modified      int64 // in nanoseconds
}

// id names the build: two of the same version from different packages differ in it.
// The same file in two containers does not.
func (b build) id() string { return fmt.Sprintf("%s %d %d", b.version, b.file.size, b.file.modified) }

// The oldest QEMU that machines run on.
const leastMajor, leastMinor = 6, 2

// versionLimit is how long QEMU may take to say its version. It needs some tens of
// milliseconds. It is shorter in tests.
var versionLimit = 20 * time.Second

// find returns the QEMU that is installed now. It runs it only if the file is not the
// one that known was found in.
func find(ctx context.Context, binary string, known *build) (build, error) {
	b := build{}
	var err error
	if b.path, err = exec.LookPath(binary); err != nil {
		return b, notFound(binary, err)
	}
	if absolute, err := filepath.Abs(b.path); err == nil {
		b.path = absolute
	}
	if b.file, err = stampOf(b.path); err != nil {
		return b, notFound(binary, err)
	}
	if known != nil && known.path == b.path && known.file == b.file {
		return *known, known.check(binary)
	}
	if b.version, b.cpu, err = versionLine(ctx, binary); err != nil {
		return b, err
	}
	return b, b.check(binary)
}

func notFound(binary string, err error) error {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
		return failed(fmt.Errorf("%s is not installed", binary), toolOf(binary))
	}
	return failed(err)
}

func stampOf(path string) (fileStamp, error) {
	var at unix.Stat_t
	if err := unix.Stat(path, &at); err != nil {
		return fileStamp{}, fmt.Errorf("%s: %w", path, err)
	}
	return fileStamp{at.Dev, at.Ino, at.Size, at.Mtim.Nano()}, nil
}

// versionLine returns QEMU's own first line about itself, and the processor time that took; a
// script in its place may print others before.
func versionLine(ctx context.Context, binary string) (line string, cpu time.Duration, err error) {
	limited, cancel := context.WithTimeout(ctx, versionLimit)
	defer cancel()
	var out strings.Builder
	var problems capped
	cmd := exec.CommandContext(limited, binary, "--version")
	cmd.Stdout, cmd.Stderr = &out, &problems
	err = child.Run(cmd)
	switch {
	case ctx.Err() != nil:
		return "", 0, failed(ctx.Err())
	case limited.Err() != nil:
		return "", 0, failed(fmt.Errorf("%s --version has not ended after %v; see what hangs by running it yourself", binary, versionLimit))
	case err != nil:
		return "", 0, failed(fmt.Errorf("%s --version: %w", binary, beside(err, problems.String())), toolOf(binary))
	}
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "QEMU emulator version ") {
			return strings.TrimSpace(line), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
		}
	}
	return "", 0, failed(fmt.Errorf("%s is not QEMU: its --version prints %q", binary, oneLine(out.String())), toolOf(binary))
}

var versionNumber = regexp.MustCompile(`version v?(\d+)\.(\d+)`)

// check returns an error if the build is too old. One that does not say its number is
// taken for new.
func (b build) check(binary string) error {
	number := versionNumber.FindStringSubmatch(b.version)
	if number == nil {
		return nil
	}
	major, _ := strconv.Atoi(number[1])
	minor, _ := strconv.Atoi(number[2])
	if major > leastMajor || major == leastMajor && minor >= leastMinor {
		return nil
	}
	return failed(fmt.Errorf("%s is %s, which is too old: bpflab needs QEMU %d.%d or newer; Debian 12, Ubuntu 22.04 and later have it, and the backports of older ones",
		binary, parseVersion(b.version), leastMajor, leastMinor))
}

// errReplaced is a machine that was started with another QEMU than the one it was meant
// for.
var errReplaced = errors.New("QEMU was replaced while machines were started with it")

// replaced reports whether the build's file is another by now.
func (b build) replaced() bool {
	now, err := stampOf(b.path)
	return err == nil && now != b.file
}

// parseVersion shortens "QEMU emulator version 7.2.22 (Debian ...)".
func parseVersion(line string) string {
	_, rest, ok := strings.Cut(line, "version ")
	if !ok {
		return line
	}
	number, _, _ := strings.Cut(rest, " ")
	return "QEMU " + number
}
