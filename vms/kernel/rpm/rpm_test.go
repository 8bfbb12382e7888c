package rpm

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/klauspost/compress/zstd"

	"github.com/bpflab/bpflab/vms/kernel/extract"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
)

const day = 24 * time.Hour

var (
	now     = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	vendor  = kerneltest.NewRSAKey(now.Add(-1000*day), 0)
	modern  = kerneltest.NewKey(now.Add(-1000*day), 0)
	other   = kerneltest.NewRSAKey(now.Add(-1000*day), 0)
	expired = kerneltest.NewRSAKey(now.Add(-1000*day), 900*day)
)

func ring(t testing.TB, keys ...kerneltest.Key) openpgp.EntityList {
	t.Helper()
	var all openpgp.EntityList
	for _, k := range keys {
		one, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(k.Public()))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, one...)
	}
	return all
}

func write(t testing.TB, body []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "p.rpm")
	if err := os.WriteFile(name, body, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// core is a package as vendors make them.
func core() kerneltest.RPM {
	return kerneltest.RPM{Name: "kernel-core", Version: "5.14.0", Release: "427.el9", Entries: []kerneltest.Entry{
		{Name: "./lib/modules/5.14.0-427.el9.x86_64/", Type: tar.TypeDir},
		{Name: "./lib/modules/5.14.0-427.el9.x86_64/build", Type: tar.TypeSymlink, Link: "/usr/src/kernels/5.14.0"},
		{Name: "./lib/modules/5.14.0-427.el9.x86_64/vmlinuz", Body: []byte("kernel")},
	}}
}

func keepAll(name string) string { return name }

func keepFiles(name string) string {
	if strings.HasSuffix(name, "/build") {
		return ""
	}
	return name
}

func TestVerifyAndExtract(t *testing.T) {
	tests := map[string]struct {
		change func(*kerneltest.RPM)
		key    kerneltest.Key
	}{
		"header signature":         {func(*kerneltest.RPM) {}, vendor},
		"version 3":                {func(p *kerneltest.RPM) { p.Version3 = true }, vendor},
		"EdDSA":                    {func(*kerneltest.RPM) {}, modern},
		"header and payload":       {func(p *kerneltest.RPM) { p.NoDigest, p.Whole = true, true }, vendor},
		"the same in version 3":    {func(p *kerneltest.RPM) { p.NoDigest, p.Whole, p.Version3 = true, true, true }, vendor},
		"gzip":                     {func(p *kerneltest.RPM) { p.Compressor = "gzip" }, vendor},
		"xz":                       {func(p *kerneltest.RPM) { p.Compressor = "xz" }, vendor},
		"a key that expired since": {func(*kerneltest.RPM) {}, expired},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			description := core()
			tt.change(&description)
			p, err := Open(write(t, description.Pack(tt.key, now.Add(-200*day))))
			if err != nil {
				t.Fatal(err)
			}
			keys := ring(t, other, tt.key)
			signer, err := p.Verify(t.Context(), keys)
			if want := fmt.Sprintf("%X", keys[1].PrimaryKey.Fingerprint); err != nil || signer.Fingerprint != want || !signer.Created.Equal(now.Add(-200*day)) {
				t.Errorf("got %+v, %v; want the key %s", signer, err, want)
			}
			if p.Name != "kernel-core" || p.EVR() != "5.14.0-427.el9" || p.Arch != "x86_64" {
				t.Errorf("got %s %s %s", p.Name, p.EVR(), p.Arch)
			}
			dir := t.TempDir()
			if err := p.Extract(t.Context(), dir, keepFiles); err != nil {
				t.Fatal(err)
			}
			if got := kerneltest.Tree(t, dir); !slices.Equal(got, []string{"lib/modules/5.14.0-427.el9.x86_64/vmlinuz"}) {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestVerifyRejects(t *testing.T) {
	signed := now.Add(-50 * day) // after expired did
	good := core().Pack(vendor, signed)
	damaged := bytes.Clone(good)
	damaged[len(damaged)-1] ^= 1
	whole := core()
	whole.NoDigest, whole.Whole = true, true
	damagedWhole := whole.Pack(vendor, signed)
	damagedWhole[len(damagedWhole)-1] ^= 1
	headerOnly := core()
	headerOnly.NoDigest = true
	tests := map[string]struct {
		body []byte
		want error
		text string
	}{
		"unsigned":              {core().Pack(kerneltest.Key{}, now), ErrUnsigned, ""},
		"another key":           {core().Pack(other, signed), ErrKey, "wanted"},
		"an expired key":        {core().Pack(expired, signed), ErrExpired, signed.Format(time.DateOnly)},
		"another header":        {changed(func(h []byte) { h[len(h)-1] ^= 1 }, false).Pack(vendor, signed), ErrSignature, ""},
		"the same, version 3":   {changed(func(h []byte) { h[len(h)-1] ^= 1 }, true).Pack(vendor, signed), ErrSignature, ""},
		"another payload":       {damaged, ErrDigest, "SHA-256"},
		"another whole payload": {damagedWhole, ErrSignature, ""},
		"cut off":               {good[:len(good)-8], ErrDigest, ""},
		"no digest":             {headerOnly.Pack(vendor, signed), ErrUnsigned, "no digest of the payload"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			file := write(t, tt.body)
			p, err := Open(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = p.Verify(t.Context(), ring(t, vendor, expired))
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) || !strings.Contains(err.Error(), file) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func changed(change func([]byte), version3 bool) kerneltest.RPM {
	p := core()
	p.Change, p.Version3 = change, version3
	return p
}

// field returns a change that overwrites a field of the first entry of the header's index.
func field(n int, to uint32) func([]byte) {
	return func(h []byte) { binary.BigEndian.PutUint32(h[16+4*n:], to) }
}

func TestOpenRejects(t *testing.T) {
	good := core().Pack(vendor, now)
	source := core()
	source.Tags = map[int]string{tagSourceRPM: ""}
	nameless := core()
	nameless.Tags = map[int]string{tagName: ""}
	tests := map[string]struct {
		body []byte
		text string
	}{
		"empty":               {nil, "does not begin"},
		"text":                {bytes.Repeat([]byte("no package "), 20), "does not begin"},
		"lead alone":          {good[:96], "cut off"},
		"in the signature":    {good[:150], "cut off"},
		"in the header":       {good[:700], "cut off"},
		"a source package":    {source.Pack(vendor, now), "source package"},
		"no name":             {nameless.Pack(vendor, now), "lacks name"},
		"offset out of range": {changed(field(2, 1<<31), false).Pack(vendor, now), "past the"},
		"count out of range":  {changed(func(h []byte) { field(1, kindInt64)(h); field(3, 1<<31)(h) }, false).Pack(vendor, now), "past the data"},
		"strings without end": {changed(func(h []byte) { field(1, kindStrings)(h); field(3, 100)(h) }, false).Pack(vendor, now), "without an end"},
		"unknown kind":        {changed(field(1, 77), false).Pack(vendor, now), "unknown kind"},
		"a tag twice":         {changed(field(0, tagVersion), false).Pack(vendor, now), "twice"},
		"too many tags":       {changed(func(h []byte) { binary.BigEndian.PutUint32(h[8:], 1<<30) }, false).Pack(vendor, now), "claims"},
		"too much data":       {changed(func(h []byte) { binary.BigEndian.PutUint32(h[12:], 1<<31) }, false).Pack(vendor, now), "claims"},
		"another magic":       {changed(func(h []byte) { h[0] = 0 }, false).Pack(vendor, now), "does not begin"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := Open(write(t, tt.body)); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestExtractUnsafe(t *testing.T) {
	body := []byte("x")
	tests := map[string][]kerneltest.Entry{
		"climbs":                  {{Name: "../evil", Body: body}},
		"absolute":                {{Name: "/tmp/evil", Body: body}},
		"a link":                  {{Name: "./link", Type: tar.TypeSymlink, Link: "/etc/passwd"}},
		"behind a link":           {{Name: "./build", Type: tar.TypeSymlink, Link: "/tmp"}, {Name: "./build/evil", Body: body}},
		"a block device":          {{Name: "./sda", Type: tar.TypeBlock}},
		"a device":                {{Name: "./null", Type: tar.TypeChar}},
		"a pipe":                  {{Name: "./pipe", Type: tar.TypeFifo}},
		"twice":                   {{Name: "./a", Body: body}, {Name: "a", Body: body}},
		"a hard link that climbs": {{Name: "../evil", Type: tar.TypeLink}, {Name: "./a", Type: tar.TypeLink, Body: body}},
	}
	for name, entries := range tests {
		t.Run(name, func(t *testing.T) {
			outer := t.TempDir()
			dir := filepath.Join(outer, "in")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			description := core()
			description.Entries = entries
			p, err := Open(write(t, description.Pack(vendor, now)))
			if err != nil {
				t.Fatal(err)
			}
			keep := func(name string) string {
				if name == "build" {
					return ""
				}
				return name
			}
			if err := p.Extract(t.Context(), dir, keep); !errors.Is(err, extract.ErrUnsafe) {
				t.Errorf("got %v", err)
			}
			for _, name := range kerneltest.Tree(t, outer) {
				if !strings.HasPrefix(name, "in/") {
					t.Errorf("%s was written outside", name)
				}
			}
		})
	}
}

func TestExtractRejects(t *testing.T) {
	archive := func(change func(*kerneltest.RPM)) kerneltest.RPM {
		p := core()
		change(&p)
		return p
	}
	tests := map[string]struct {
		description kerneltest.RPM
		want        error
		text        string
	}{
		"a header that claims much": {archive(func(p *kerneltest.RPM) { p.Size = 1 << 33 }), extract.ErrUnsafe, "its header says"},
		"ten gigabytes of zeros":    {archive(func(p *kerneltest.RPM) { p.Payload = zeros(10 << 30) }), extract.ErrUnsafe, "more than"},
		"no archive":                {archive(func(p *kerneltest.RPM) { p.Payload = []byte("no zstd") }), ErrFormat, "payload"},
		"cut off":                   {archive(func(p *kerneltest.RPM) { p.Payload = cutOff(t) }), ErrFormat, "unexpected EOF"},
		"an odd compression":        {archive(func(p *kerneltest.RPM) { p.Tags = map[int]string{tagCompressor: "lha"} }), ErrFormat, "lha"},
		"another format":            {archive(func(p *kerneltest.RPM) { p.Tags = map[int]string{tagFormat: "drpm"} }), ErrFormat, "drpm"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := Open(write(t, tt.description.Pack(vendor, now)))
			if err != nil {
				t.Fatal(err)
			}
			err = p.Extract(t.Context(), t.TempDir(), func(string) string { return "" })
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// zeros returns an archive of files that unpack to so many bytes and are not wanted.
func zeros(size int64) []byte {
	const each = 1 << 30
	w, err := zstd.NewWriter(nil)
	if err != nil {
		panic(err)
	}
	entry := fmt.Appendf(nil, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", 1, 0o100644, 0, 0, 1, 0, each, 0, 0, 0, 0, 2, 0)
	entry = append(entry, 'a', 0)
	head := w.EncodeAll(entry, nil)
	gigabyte := bytes.Repeat(w.EncodeAll(make([]byte, 64<<20), nil), each/(64<<20))
	return bytes.Repeat(append(head, gigabyte...), int(size/each))
}

// cutOff returns a packed archive without its last entry, which marks the end.
func cutOff(t *testing.T) []byte {
	t.Helper()
	reader, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	p, err := read(bytes.NewReader(core().Pack(vendor, now)))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := reader.DecodeAll(core().Pack(vendor, now)[p.payload:], nil)
	if err != nil {
		t.Fatal(err)
	}
	end := bytes.LastIndex(whole, []byte("070701"))
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(whole[:end], nil)
}

// Of hard links the last has the content, which is written under the name that is kept.
func TestExtractHardLinks(t *testing.T) {
	description := core()
	description.Entries = []kerneltest.Entry{
		{Name: "./lib/modules/R/vmlinuz", Type: tar.TypeLink},
		{Name: "./boot/vmlinuz-R", Type: tar.TypeLink, Body: []byte("kernel")},
	}
	p, err := Open(write(t, description.Pack(vendor, now)))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	err = p.Extract(t.Context(), dir, func(name string) string {
		if strings.HasPrefix(name, "boot/") {
			return ""
		}
		return "vmlinuz"
	})
	if body, _ := os.ReadFile(filepath.Join(dir, "vmlinuz")); err != nil || string(body) != "kernel" {
		t.Errorf("got %q, %v", body, err)
	}
}

func FuzzPackage(f *testing.F) {
	for _, compressor := range []string{"gzip", "xz", "zstd"} {
		p := core()
		p.Compressor = compressor
		f.Add(p.Pack(vendor, now))
	}
	whole := core()
	whole.Whole, whole.NoDigest, whole.Version3 = true, true, true
	f.Add(whole.Pack(vendor, now))
	keys := ring(f, vendor)
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := Open(write(t, body))
		if err != nil {
			return
		}
		_, _ = p.Verify(t.Context(), keys)
		outer := t.TempDir()
		dir := filepath.Join(outer, "in")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		_ = p.Extract(t.Context(), dir, keepAll)
		for _, name := range kerneltest.Tree(t, outer) {
			if !strings.HasPrefix(name, "in/") {
				t.Errorf("%s was written outside", name)
			}
		}
	})
}
