package packet

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

// The numbers are those of the authors' own program.
func TestRandom(t *testing.T) {
	r := random(1234567)
	for i, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821} {
		if got := r.next(); got != want {
			t.Errorf("number %d is %d, want %d", i, got, want)
		}
	}
}

// digestOf returns a digest over the first packets.
func digestOf(f Fuzz, n int) string {
	h := sha256.New()
	for i := range n {
		p := f.Packet(i)
		h.Write([]byte{byte(len(p) >> 8), byte(len(p))})
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// A seed means the same packets for ever: the digest changes only with the generator, which
// docs/labs.md then has to say.
func TestFuzzIsKept(t *testing.T) {
	f := Fuzz{Seed: 1, Base: Common()}
	got := digestOf(f, 1000)
	if want := "39d35064bd56fa35"; got != want {
		t.Errorf("the packets of seed 1 are others than before: %s, want %s", got, want)
	}
	if f.Seed = 2; digestOf(f, 1000) == got {
		t.Error("seeds 1 and 2 give the same packets")
	}
}

func TestFuzzVaries(t *testing.T) {
	f := Fuzz{Seed: 7, Base: Common()}
	seen, short, before := map[string]bool{}, 0, digestOf(f, 8)
	for i := range 1000 {
		p := f.Packet(i)
		if len(p) == 0 || len(p) > mostRandom+maxMutations*mostGrown {
			t.Fatalf("packet %d has %d bytes", i, len(p))
		}
		if len(p) < ethernetHeader {
			short++
		}
		if i < len(f.Base) && string(p) != string(f.Base[i]) {
			t.Errorf("packet %d is not that of the base", i)
		}
		seen[string(p)] = true
	}
	if len(seen) < 950 || short == 0 || short > 200 {
		t.Errorf("of 1000 packets %d are different, %d shorter than an Ethernet header", len(seen), short)
	}
	if digestOf(f, 8) != before {
		t.Error("the base has changed")
	}
	f.Min = 60
	for i := range 1000 {
		if p := f.Packet(i); len(p) < 60 {
			t.Fatalf("packet %d has %d bytes, want 60 at least", i, len(p))
		}
	}
}

// A base of one byte has room for every mutation.
func FuzzMutations(f *testing.F) {
	f.Add(uint64(1), []byte{1})
	f.Add(uint64(2), Common()[0])
	f.Fuzz(func(t *testing.T, seed uint64, base []byte) {
		if len(base) == 0 {
			return
		}
		of := Fuzz{Seed: seed, Base: [][]byte{base}}
		for i := range 50 {
			if p := of.Packet(i); len(p) == 0 || string(p) != string(of.Packet(i)) {
				t.Fatalf("packet %d: %x, then %x", i, p, of.Packet(i))
			}
		}
	})
}
