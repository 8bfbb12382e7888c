package rpm

import (
	"encoding/binary"
	"time"
)

// Tags of the changelog (rpm's include/rpm/rpmtag.h). Those of one entry have one index.
const (
	tagChangelogTime = 1080
	tagChangelogName = 1081
	tagChangelogText = 1082
)

// Change is one entry of a package's changelog.
type Change struct {
	Time time.Time // zero if the header does not say
	Name string    // who made it; most vendors add the version
	Text string
}

// Changelog returns the entries of the package's changelog, the newest first, as far as its
// header has them: vendors may cut off what is old.
func (p *Package) Changelog() []Change {
	names, times := p.header.texts(tagChangelogName), p.header.numbers(tagChangelogTime)
	var all []Change
	for i, text := range p.header.texts(tagChangelogText) {
		c := Change{Text: text}
		if i < len(names) {
			c.Name = names[i]
		}
		if i < len(times) {
			c.Time = time.Unix(int64(times[i]), 0).UTC()
		}
		all = append(all, c)
	}
	return all
}

// numbers returns the values of a tag of 32 bits.
func (h *header) numbers(tag uint32) []uint32 {
	v := h.values[tag]
	if v.kind != kindInt32 {
		return nil
	}
	all := make([]uint32, v.count)
	for i := range all {
		all[i] = binary.BigEndian.Uint32(v.data[4*i:])
	}
	return all
}
