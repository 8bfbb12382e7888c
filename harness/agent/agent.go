// Package agent has the guest agent's programs, cmd/bpflab-agent for each architecture, which
// `make build` packs into bpflab: small ones, because every machine has a copy in its memory.
//
// A plain `go build` packs nothing, so that what it builds is never older than the sources:
// bpflab is its own agent then, a large one, and has none for another architecture.
package agent

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/kernel"
)

// ErrNotPacked is the error of a bpflab that was built without the agent of an architecture.
var ErrNotPacked = errors.New("this bpflab was built without its guest agent, which `make build` packs into it")

// Pack compresses an agent's program as Path expects it: the program's SHA-256, 32 bytes, and
// the program as a zstd frame (RFC 8878).
func Pack(to io.Writer, program []byte) error {
	sum := sha256.Sum256(program)
	if _, err := to.Write(sum[:]); err != nil {
		return err
	}
	w, err := zstd.NewWriter(to, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	_, err = w.Write(program)
	return errors.Join(err, w.Close())
}

// Path returns the agent's program for an architecture, an executable file of the directory,
// where the first call of a build of bpflab unpacks it. A damaged file is made again. The error
// is ErrNotPacked, or names the file.
func Path(dir string, arch kernel.Arch) (string, error) {
	f, err := packed.Open("agent-" + arch.GOARCH() + ".pack")
	if err != nil {
		return "", ErrNotPacked
	}
	defer f.Close()
	return path(dir, f)
}

// Packed returns the architectures, by Go's names, whose agents this build has inside.
func Packed() (arches []string) {
	for _, arch := range kernel.Arches() {
		f, err := packed.Open("agent-" + arch.GOARCH() + ".pack")
		if err != nil {
			continue
		}
		f.Close()
		arches = append(arches, arch.GOARCH())
	}
	return arches
}

// path reads no more than the sum of a program that is unpacked already: bpflab's own file has
// the rest, and what is not read need not be in memory.
func path(dir string, packed io.Reader) (string, error) {
	var sum [sha256.Size]byte
	if _, err := io.ReadFull(packed, sum[:]); err != nil {
		return "", fmt.Errorf("the guest agent in this bpflab is damaged: %w", err)
	}
	file := filepath.Join(dir, hex.EncodeToString(sum[:8])+suffix)
	var check cache.Checker
	if check.CheckFile(file) == nil {
		cache.Touch(file)
		return file, nil
	}
	if err := unpack(file, packed, sum); err != nil {
		return "", fmt.Errorf("guest agent: %w", err)
	}
	Prune(dir, keep, time.Now()) // what cannot be removed stays
	return file, nil
}

// suffix ends the names of unpacked agents.
const suffix = "-bpflab-agent"

func unpack(file string, packed io.Reader, sum [sha256.Size]byte) error {
	r, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return err
	}
	defer r.Close()
	program, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if sha256.Sum256(program) != sum {
		return errors.New("the program in this bpflab is not the one that was packed")
	}
	return cache.WriteProgram(file, program)
}

// keep is how long an agent of another build stays after its last use.
const keep = 24 * time.Hour

// Prune removes the agents of a directory that nobody has used for that long, which are
// unpacked again when they are needed, and what dead processes left.
func Prune(dir string, unused time.Duration, now time.Time) error {
	cache.Sweep(dir, now)
	var errs []error
	for _, file := range cache.Files(dir, suffix) {
		if now.Sub(cache.Used(file)) > unused {
			errs = append(errs, cache.Remove(file))
		}
	}
	return errors.Join(append(errs, cache.RemoveLoneSums(dir))...)
}

// Verify checks every agent of a directory and returns those that are damaged, and how many
// are sound.
func Verify(dir string) (bad []cache.Finding, sound int) {
	var check cache.Checker
	return check.VerifyFiles("agent", dir, suffix)
}
