package main

import (
	"fmt"
	"io"
	"strings"
)

// table is one of Markdown.
type table struct {
	head []string
	rows [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t table) write(w io.Writer) {
	writeRow(w, t.head)
	fmt.Fprintln(w, "|"+strings.Repeat("---|", len(t.head)))
	for _, row := range t.rows {
		writeRow(w, row)
	}
}

// inCell keeps a text within its cell.
var inCell = strings.NewReplacer("|", `\|`, "\n", " ")

func writeRow(w io.Writer, cells []string) {
	for _, cell := range cells {
		fmt.Fprint(w, "| ", strings.TrimSpace(inCell.Replace(cell)), " ")
	}
	fmt.Fprintln(w, "|")
}

// holds returns the cell that says whether a claim holds.
func holds(ok bool) string {
	if ok {
		return "yes"
	}
	return "**no**"
}
