package limits

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strings"
)

// Sizes of a plot, in pixels.
const (
	panelWidth  = 360
	panelHeight = 190
	perLine     = 3
	leftEdge    = 70
	rightEdge   = 16
	topEdge     = 34
	bottomEdge  = 34
)

// Plot writes the limits over the kernels, in their order, as SVG: one panel for
// each limit, with a logarithmic scale where it spans more than a decade.
func Plot(w io.Writer, r Report) error {
	var panels []string
	for _, s := range subjects {
		if p := r.panel(s); p != "" {
			panels = append(panels, p)
		}
	}
	lines := (len(panels) + perLine - 1) / perLine
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" font-family="sans-serif" font-size="11" role="img">`+"\n",
		perLine*panelWidth, max(1, lines)*panelHeight+20)
	b.WriteString("<title>Limits of the eBPF verifier, measured on each kernel</title>\n" +
		"<style>.root{stroke:#0969da;fill:#0969da}.user{stroke:#bc4c00;fill:#bc4c00}.line{fill:none;stroke-width:2}.user.line{stroke-dasharray:5 3}text{fill:#57606a}.grid{stroke:#d0d7de}</style>\n" +
		`<rect width="100%" height="100%" fill="#fff"/>` + "\n")
	for i, p := range panels {
		fmt.Fprintf(&b, `<g transform="translate(%d,%d)">`+"\n%s</g>\n", i%perLine*panelWidth, i/perLine*panelHeight, p)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d">solid: root; dashed: a user without capabilities; a hollow point: another limit comes first, or none was found</text>`+"\n</svg>\n",
		leftEdge, max(1, lines)*panelHeight+8)
	_, err := io.WriteString(w, b.String())
	return err
}

// panel draws one limit; it is "" if that has a number on no kernel, or is of one of
// many types of programs.
func (r Report) panel(s subject) string {
	if s.yesNo || s.target != "" {
		return ""
	}
	scale, ok := r.scaleOf(s.name)
	if !ok {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<text x="%d" y="18" font-weight="bold">%s</text>`+"\n", leftEdge, escape(s.name))
	for _, tick := range scale.ticks() {
		fmt.Fprintf(&b, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n",
			leftEdge, panelWidth-rightEdge, scale.y(tick), scale.y(tick), leftEdge-6, scale.y(tick)+4, short(tick))
	}
	for i, k := range r.Kernels {
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", r.x(i), panelHeight-bottomEdge+18, escape(strings.TrimPrefix(k.Selector, "local:")))
	}
	for _, who := range []string{"root", "user"} {
		b.WriteString(r.curve(s.name, who, scale))
	}
	return b.String()
}

// curve draws a limit for one kind of user, in steps, because between two kernels
// there is no number; it is broken where a kernel has none.
func (r Report) curve(name, who string, scale scale) string {
	var path, points strings.Builder
	drawing := false
	for i, k := range r.Kernels {
		drawing = drawing && k.Arch == r.Kernels[i-1].Arch // another architecture is no later kernel
		l := r.find(k.Selector, name, who)
		if l == nil || l.Accepted == nil {
			drawing = false
			continue
		}
		x, y := r.x(i), scale.y(float64(*l.Accepted))
		if drawing {
			fmt.Fprintf(&path, "H%.1fV%.1fH%.1f", (r.x(i-1)+x)/2, y, x)
		} else {
			fmt.Fprintf(&path, "M%.1f %.1f", x, y)
		}
		drawing = true
		fill := ""
		if l.Status != Measured {
			fill = ` style="fill:#fff"`
		}
		fmt.Fprintf(&points, `<circle class="%s" cx="%.1f" cy="%.1f" r="3"%s><title>%s, %s, %s: %d</title></circle>`+"\n",
			who, x, y, fill, escape(name), escape(k.Selector), who, *l.Accepted)
	}
	if path.Len() == 0 {
		return ""
	}
	return fmt.Sprintf(`<path class="%s line" d="%s"/>`+"\n", who, path.String()) + points.String()
}

func (r Report) find(selector, name, who string) *Limit {
	for i := range r.Limits {
		if l := &r.Limits[i]; l.Kernel == selector && l.Name == name && l.who() == who {
			return l
		}
	}
	return nil
}

func (r Report) x(i int) float64 {
	room := float64(panelWidth - leftEdge - rightEdge)
	return leftEdge + room*(float64(i)+0.5)/float64(len(r.Kernels))
}

// scale is the vertical axis of a panel.
type scale struct {
	low, high float64
	log       bool
}

// scaleOf spans the numbers of a limit.
func (r Report) scaleOf(name string) (scale, bool) {
	low, high := math.Inf(1), 0.0
	for _, l := range r.Limits {
		if l.Name == name && l.Accepted != nil {
			low, high = min(low, float64(*l.Accepted)), max(high, float64(*l.Accepted))
		}
	}
	switch {
	case high == 0:
		return scale{}, false
	case high > 10*low:
		return scale{math.Pow(10, math.Floor(math.Log10(low))), math.Pow(10, math.Ceil(math.Log10(high))), true}, true
	}
	return scale{low: 0, high: high * 1.2}, true
}

func (s scale) y(v float64) float64 {
	share := v / s.high
	if s.log {
		share = math.Log10(v/s.low) / math.Log10(s.high/s.low)
	}
	return topEdge + (panelHeight-topEdge-bottomEdge)*(1-share)
}

func (s scale) ticks() []float64 {
	if !s.log {
		return []float64{0, s.high / 1.2}
	}
	var out []float64
	for v := s.low; v <= s.high*1.01; v *= 10 {
		out = append(out, v)
	}
	return out
}

// short returns a number as an axis label.
func short(v float64) string {
	v = math.Round(v)
	for _, u := range []struct {
		size float64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if v >= u.size && math.Mod(v, u.size) == 0 {
			return fmt.Sprintf("%.0f%s", v/u.size, u.name)
		}
	}
	return fmt.Sprintf("%.0f", v)
}

func escape(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s)) // a strings.Builder takes all
	return b.String()
}
