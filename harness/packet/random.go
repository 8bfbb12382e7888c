package packet

// random is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
// generators", 2014): its numbers follow from its state alone, whatever Go's own generators
// become.
type random uint64

const (
	gamma = 0x9e3779b97f4a7c15
	mix1  = 0xbf58476d1ce4e5b9
	mix2  = 0x94d049bb133111eb
)

// next returns 64 random bits.
func (r *random) next() uint64 {
	*r += gamma
	z := uint64(*r)
	z = (z ^ z>>30) * mix1
	z = (z ^ z>>27) * mix2
	return z ^ z>>31
}

// below returns a number from 0 to n-1; n is much smaller than 2^64, so that the remainder's
// bias does not matter.
func (r *random) below(n int) int { return int(r.next() % uint64(n)) }

// fill fills b.
func (r *random) fill(b []byte) {
	for i := range b {
		b[i] = byte(r.next())
	}
}

// randomFor returns the generator of the packet with an index among those of a seed.
func randomFor(seed uint64, index int) *random {
	r := random(seed)
	r = random(r.next() ^ uint64(index)*gamma)
	return &r
}
