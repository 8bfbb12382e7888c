package verify

import (
	"fmt"
	"hash/fnv"
	"html"
	"html/template"
	"slices"
	"strings"
)

// Sizes of a flame graph, in units of its view box.
const (
	flameWidth  = 1000
	flameRow    = 20
	flameLetter = 7.0 // of 11 units, about
	flameThin   = 0.3 // what is thinner is left out
)

// frame is a function in the flame graph, with the functions that it calls.
type frame struct {
	name  string
	insns int // with those that it calls
	calls []*frame
}

// flame returns the tree of chains of calls.
func (p *Profile) flame() *frame {
	root := &frame{}
	for _, c := range p.Chains {
		at := root
		at.insns += c.Insns
		for _, name := range c.Functions {
			at = at.call(name)
			at.insns += c.Insns
		}
	}
	return root
}

func (f *frame) call(name string) *frame {
	at := slices.IndexFunc(f.calls, func(c *frame) bool { return c.name == name })
	if at < 0 {
		f.calls = append(f.calls, &frame{name: name})
		at = len(f.calls) - 1
	}
	return f.calls[at]
}

func (f *frame) depth() (n int) {
	for _, c := range f.calls {
		n = max(n, 1+c.depth())
	}
	return n
}

// FlameGraph returns a picture of the chains of calls as SVG: a function stands below those
// that it calls, as wide as its share of the instructions. Equal profiles have equal pictures.
func (p *Profile) FlameGraph() template.HTML {
	root := p.flame()
	if root.insns == 0 {
		return ""
	}
	rows := root.depth()
	var out strings.Builder
	fmt.Fprintf(&out, `<svg class="flame" viewBox="0 0 %d %d" role="img" aria-label="flame graph of calls">`, flameWidth, rows*flameRow)
	drawCalls(&out, root, root.insns, 0, rows)
	out.WriteString("</svg>")
	return template.HTML(out.String())
}

// drawCalls draws the functions that one calls, from a place on, in a row that is counted from
// above.
func drawCalls(out *strings.Builder, f *frame, all int, from float64, row int) {
	for _, c := range f.calls {
		width := flameWidth * float64(c.insns) / float64(all)
		if width >= flameThin {
			c.draw(out, all, from, width, row-1)
			drawCalls(out, c, all, from, row-1)
		}
		from += width
	}
}

func (f *frame) draw(out *strings.Builder, all int, from, width float64, row int) {
	fmt.Fprintf(out, `<g><title>%s: %d instructions, %.1f%%</title><rect class="f%d" x="%.2f" y="%d" width="%.2f" height="%d"/>`,
		html.EscapeString(f.name), f.insns, 100*float64(f.insns)/float64(all), shade(f.name), from, row*flameRow, width, flameRow-1)
	if letters := int((width - 6) / flameLetter); letters >= 3 {
		name := []rune(f.name)
		if len(name) > letters {
			name = append(name[:letters-1], '…')
		}
		fmt.Fprintf(out, `<text x="%.2f" y="%d">%s</text>`, from+3, row*flameRow+14, html.EscapeString(string(name)))
	}
	out.WriteString("</g>")
}

// shades is how many colours a flame graph has.
const shades = 6

// shade returns a function's colour, the same in all pictures.
func shade(name string) int {
	sum := fnv.New32a()
	sum.Write([]byte(name))
	return int(sum.Sum32() % shades)
}
