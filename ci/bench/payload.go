package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/bpflab/bpflab/ci/table"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/wire"
)

// payloadSize is in bytes.
const payloadSize = 16 << 20

// payload measures how fast files get into a guest and out of it.
func (b *bench) payload(ctx context.Context) ([]part, error) {
	t := table.Table{Head: []string{"kernel", "channel", "into the guest", "out of it", "holds"}}
	for _, image := range b.kernels {
		if _, err := b.answer(ctx, image, false); err != nil { // makes the template
			return nil, err
		}
		row, err := b.payloadRow(ctx, image)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", image.Series, err)
		}
		t.Add(row...)
	}
	return []part{{
		title:  "Payload",
		about:  "16 MiB of random bytes into a file of a fresh fork, and out again with `cat`; what comes out is compared with what went in.",
		claim:  "tens of MB per second into the guest where the kernel has virtio-serial: 20 at least.",
		tables: []table.Table{t},
	}}, nil
}

func (b *bench) payloadRow(ctx context.Context, image kernel.Image) ([]string, error) {
	var in, out []float64
	for i := range b.rounds {
		b.say("payload of %s: round %d of %d", image.Series, i+1, b.rounds)
		put, got, err := b.payloadRound(ctx, image)
		if err != nil {
			return nil, err
		}
		in, out = append(in, put), append(out, got)
	}
	channel, judged := "UART", "-"
	if b.hasPort(image) {
		channel, judged = "virtio-serial", table.Holds(median(in) >= 20)
	}
	return []string{image.Series, channel, fmt.Sprintf("%.1f MB/s", median(in)), fmt.Sprintf("%.1f MB/s", median(out)), judged}, nil
}

// hasPort reports whether forks of the kernel take calls on the virtio port.
func (b *bench) hasPort(image kernel.Image) bool {
	all, _ := b.templates.List() // without a list: as if not
	for _, t := range all {
		if t.About.KernelSHA256 == image.SHA256 {
			return t.About.Port
		}
	}
	return false
}

// payloadRound measures MB per second in and out.
func (b *bench) payloadRound(ctx context.Context, image kernel.Image) (in, out float64, err error) {
	m, err := b.start(ctx, image, false)
	if err != nil {
		return 0, 0, err
	}
	defer m.Close()
	client := wire.NewClient(m.Stream())
	if _, err := client.Resume(ctx, wire.NewResume()); err != nil {
		return 0, 0, err
	}
	sent := make([]byte, payloadSize)
	rand.Read(sent)
	if in, err = put(ctx, client, sent); err != nil {
		return 0, 0, err
	}
	out, err = get(ctx, client, sent)
	return in, out, err
}

const payloadFile = "/tmp/payload"

var errPayload = errors.New("the file is not what was sent")

func put(ctx context.Context, client *wire.Client, sent []byte) (float64, error) {
	var stored wire.PutResult
	began := time.Now()
	err := client.Call(ctx, wire.OpPut, wire.Put{Path: payloadFile, Mode: 0o600}, &stored, wire.IO{In: bytes.NewReader(sent)})
	took := time.Since(began)
	if err != nil {
		return 0, err
	}
	if stored.Size != int64(len(sent)) {
		return 0, errPayload
	}
	return rate(len(sent), took), nil
}

func get(ctx context.Context, client *wire.Client, sent []byte) (float64, error) {
	var back bytes.Buffer
	back.Grow(len(sent))
	var ended wire.ExecResult
	began := time.Now()
	err := client.Call(ctx, wire.OpExec, wire.Exec{Argv: []string{"cat", payloadFile}}, &ended, wire.IO{Stdout: &back})
	took := time.Since(began)
	if err != nil {
		return 0, err
	}
	if ended.Exit != 0 || !bytes.Equal(back.Bytes(), sent) {
		return 0, errPayload
	}
	return rate(len(sent), took), nil
}

// rate returns MB per second.
func rate(size int, took time.Duration) float64 { return float64(size) / 1e6 / took.Seconds() }
