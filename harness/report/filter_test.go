package report

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

const filteredPage = `<!doctype html>
<meta charset="utf-8">
<title>filtered</title>
<link rel="icon" href="data:,">
<style>
{{template "style"}}
</style>
<input id="filter" type="search"> <span id="count"></span>
<table id="filtered"><thead><tr><th>Name</tr></thead>
<tbody>{{range .}}<tr><td>{{.}}</tr>{{end}}</tbody></table>
{{template "filter"}}`

// TestFilterPage types into a page's filter: rows with all the words are left, and counted.
func TestFilterPage(t *testing.T) {
	var page bytes.Buffer
	if err := FilterPage(filteredPage, nil).Execute(&page, []string{"XDP on 5.10", "XDP on 6.1", "<b>tc</b> on 6.1"}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, PageFile), page.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	b := open(t, dir, 800, 600)
	const left = `[...document.querySelectorAll("tbody tr")].filter(r => !r.hidden).map(r => r.textContent).join(",") + "; " + document.getElementById("count").textContent`
	b.is(left, "XDP on 5.10,XDP on 6.1,<b>tc</b> on 6.1; 3 of 3")
	b.is(`getComputedStyle(document.getElementById("filtered")).borderCollapse`, "collapse")
	b.do(chromedp.SendKeys(chromedp.CSS("#filter"), "6.1 xdp"))
	b.is(left, "XDP on 6.1; 1 of 3")
	b.do(chromedp.SendKeys(chromedp.CSS("#filter"), "x"))
	b.is(left, "; 0 of 3")
}
