package web

import (
	"io"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// writeLine writes a line of CSV. Every cell is quoted, so that a spreadsheet that
// separates cells elsewhere, as at semicolons, does not find more of them.
func writeLine(w io.Writer, cells ...string) {
	for i, c := range cells {
		cells[i] = `"` + strings.ReplaceAll(notFormula(c), `"`, `""`) + `"`
	}
	io.WriteString(w, strings.Join(cells, ",")+"\r\n") // an error means that the browser has gone
}

// notFormula keeps spreadsheets from evaluating a text as a formula. Some take full-width
// signs for the usual ones, and skip spaces before them.
func notFormula(text string) string {
	first := strings.TrimLeft(norm.NFKC.String(text), " \u200b\ufeff\n")
	if first != "" && strings.ContainsRune("=+-@|\t\r", rune(first[0])) {
		return "'" + text
	}
	return text
}
