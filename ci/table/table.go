// Package table writes the tables of Markdown that this project's measurements end in.
package table

import (
	"fmt"
	"io"
	"strings"
)

// Table is one of Markdown.
type Table struct {
	Head []string   `json:"head"`
	Rows [][]string `json:"rows"`
}

// Add appends a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

// Write writes the table to w.
func (t Table) Write(w io.Writer) {
	writeRow(w, t.Head)
	fmt.Fprintln(w, "|"+strings.Repeat("---|", len(t.Head)))
	for _, row := range t.Rows {
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

// Holds returns the cell that says whether a claim holds.
func Holds(ok bool) string {
	if ok {
		return "yes"
	}
	return "**no**"
}
