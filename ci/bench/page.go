package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/ci/table"
)

// part is a heading with what stands under it.
type part struct {
	title  string
	about  string // what was measured and how
	claim  string // what must hold; "" where nothing is claimed
	tables []table.Table
	after  string // a remark, or ""
}

func (p part) write(w io.Writer) {
	fmt.Fprintf(w, "\n## %s\n", p.title)
	if p.about != "" {
		fmt.Fprintf(w, "\n%s\n", p.about)
	}
	if p.claim != "" {
		fmt.Fprintf(w, "\nClaim: %s\n", p.claim)
	}
	for _, t := range p.tables {
		fmt.Fprintln(w)
		t.Write(w)
	}
	if p.after != "" {
		fmt.Fprintf(w, "\n%s\n", p.after)
	}
}

// MarshalJSON gives the title and the tables, which is what programs read.
func (p part) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Title  string        `json:"title"`
		Tables []table.Table `json:"tables"`
	}{p.title, p.tables})
}

// section is what -only names: measurements that are made together.
type section struct {
	name    string
	measure func(*bench, context.Context) ([]part, error)
}

// sections returns all sections, in the page's order.
func sections() []section {
	return []section{
		{"starts", (*bench).starts},
		{"accelerators", (*bench).accelerators},
		{"alive", (*bench).alive},
		{"architectures", (*bench).architectures},
		{"hello", (*bench).hello},
		{"matrix", (*bench).matrix},
		{"exec", (*bench).exec},
		{"workshop", (*bench).workshop},
		{"hostile", (*bench).hostile},
		{"payload", (*bench).payload},
		{"versus", (*bench).versus},
		{"costs", (*bench).costs},
		{"peers", (*bench).peers},
	}
}

func sectionNames() []string {
	var names []string
	for _, s := range sections() {
		names = append(names, s.name)
	}
	return names
}

// sectionsNamed returns the section with that name, or all for "".
func sectionsNamed(name string) ([]section, error) {
	all := sections()
	if name == "" {
		return all, nil
	}
	i := slices.IndexFunc(all, func(s section) bool { return s.name == name })
	if i < 0 {
		return nil, fmt.Errorf("no section is called %q; there are %s", name, strings.Join(sectionNames(), ", "))
	}
	return all[i : i+1], nil
}

// measure returns what the section of that name measured, or all of them for "".
func (b *bench) measure(ctx context.Context, only string) ([]part, error) {
	chosen, err := sectionsNamed(only)
	if err != nil {
		return nil, err
	}
	all := []part{kernelPart(b.kernels)}
	for _, s := range chosen {
		parts, err := s.measure(b, ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		all = append(all, parts...)
	}
	b.say("done")
	return all, nil
}

// page returns what was measured as Markdown.
func (b *bench) page(parts []part) string {
	var w strings.Builder
	fmt.Fprintf(&w, "# Benchmarks\n\nWritten by `make bench ARGS='-o docs/benchmarks.md'` in one run; medians of %d rounds where nothing else is said.\n\n%s\n",
		b.rounds, machineDescription())
	for _, p := range parts {
		p.write(&w)
	}
	return w.String()
}
