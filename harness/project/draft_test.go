package project

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// header is that of an eBPF object, little-endian.
var header = append([]byte("\x7fELF\x02\x01\x01"), append(make([]byte, 9), "\x01\x00\xf7\x00\x01\x00\x00\x00"+string(make([]byte, 28))+"\x40\x00\x00\x00\x00\x00\x40\x00\x00\x00\x00\x00"...)...)

func TestDraft(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  []string // lines
	}{
		{"objects", map[string]string{"bpf/a.o": string(header), "bpf/b.o": string(header), "x.bpf.o": string(header), "host.o": "\x7fELF", ".git/c.o": string(header)},
			[]string{"objects:", "  - files:", `      - "*.bpf.o"`, "      - bpf/*.o"}},
		{"bpf2go", map[string]string{"internal/gen.go": "package p\n\n//go:generate go tool bpf2go prog prog.c\n", "internal/prog_bpfeb.o": string(header)},
			[]string{"build:", "  run: go generate ./...", "objects:", "  - files:", "      - internal/*_bpfel.o"}},
		{"Makefile", map[string]string{"Makefile": "a.o: a.c\n\tclang -target bpf -c $< -o $@\n"},
			[]string{"build:", "  run: make", "objects:", "  - files:", `      - "*.bpf.o" # what the Makefile makes`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tree := fstest.MapFS{}
			for name, text := range tt.files {
				tree[name] = &fstest.MapFile{Data: []byte(text)}
			}
			text, err := Draft(tree)
			if err != nil {
				t.Fatal(err)
			}
			_, rest, _ := strings.Cut(string(text), "latest]\n")
			var got []string
			for line := range strings.Lines(rest) {
				if line != "\n" {
					got = append(got, strings.TrimRight(line, "\n"))
				}
			}
			if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
			if _, err := Parse(FileName, text); err != nil {
				t.Errorf("what it writes is not read: %v", err)
			}
		})
	}
	if _, err := Draft(fstest.MapFS{"main.go": &fstest.MapFile{Data: []byte("package main\n")}}); !errors.Is(err, ErrNothing) {
		t.Errorf("error %v", err)
	}
	if _, err := Draft(os.DirFS("/nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}
