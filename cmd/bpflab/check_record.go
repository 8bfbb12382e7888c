package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"reflect"
	"slices"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
)

// row is one name of a check, with a cell on each of its kernels, and what the cells depend on
// besides the kernel.
type row struct {
	name  string
	entry any    // of the project's file, compared in depth
	files string // digest of all files that it uses; "" is not known, and equal to no other
}

func (r row) equals(other row) bool {
	return r.files != "" && r.files == other.files && r.name == other.name && reflect.DeepEqual(r.entry, other.entry)
}

// record keeps the cells of the last run of a project, so that only those run again of which
// something has changed. A nil record keeps none.
type record struct {
	last, now []seenRow
}

// seenRow is what was seen of a row.
type seenRow struct {
	row     row
	kernels []kernel.Image
	cells   []verdict.Cell
}

// find returns the cells of a row on kernels, nil if they are not known.
func (r *record) find(of row, kernels []kernel.Image) []verdict.Cell {
	if r == nil {
		return nil
	}
	at := slices.IndexFunc(r.last, func(one seenRow) bool {
		return one.row.equals(of) && slices.EqualFunc(one.kernels, kernels, isSameKernel)
	})
	if at < 0 {
		return nil
	}
	return r.last[at].cells
}

func isSameKernel(a, b kernel.Image) bool {
	return a.SHA256 == b.SHA256 && a.Variant == b.Variant && a.Selector == b.Selector
}

// keep keeps what was seen of a row, unless it says more about a machine than about the project.
func (r *record) keep(of row, kernels []kernel.Image, cells []verdict.Cell) {
	if r == nil || slices.ContainsFunc(cells, func(c verdict.Cell) bool { return c.Verdict == verdict.Infra || c.Verdict == verdict.Timeout }) {
		return
	}
	cells = slices.Clone(cells)
	for i := range cells {
		cells[i].Earlier = true
	}
	r.now = append(r.now, seenRow{of, kernels, cells})
}

// turn ends a run: what it did not see is forgotten.
func (r *record) turn() {
	if r != nil {
		r.last, r.now = r.now, nil
	}
}

// run returns the cells of a check, by running what of it is not known.
func (r *record) run(ctx context.Context, std streams, c check, env environment) ([]verdict.Cell, error) {
	rows := c.rows()
	var again []int
	all := make([][]verdict.Cell, len(rows))
	for i, one := range rows {
		if all[i] = r.find(one, env.images); all[i] == nil {
			again = append(again, i)
		}
	}
	if len(again) > 0 {
		ran, err := c.only(again).run(ctx, std, env)
		if err != nil {
			return nil, err
		}
		for n, i := range again {
			all[i] = ran[n*len(env.images):][:len(env.images)]
		}
	}
	for i, one := range rows {
		r.keep(one, env.images, all[i])
	}
	return slices.Concat(all...), nil
}

// digest returns a digest of what is written, "" if one of the writers fails.
func digest(contents ...func(io.Writer) error) string {
	var sums []byte
	for _, write := range contents {
		sum := sha256.New()
		if err := write(sum); err != nil {
			return ""
		}
		sums = sum.Sum(sums)
	}
	return fmt.Sprintf("%x", sha256.Sum256(sums))
}

// text returns what writes a text.
func text[T string | []byte](text T) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write([]byte(text))
		return err
	}
}

// nonEmpty returns those of some names that are not empty.
func nonEmpty(names ...string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}
