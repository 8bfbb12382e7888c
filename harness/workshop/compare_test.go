package workshop

import "testing"

// TestDigest checks and compares a file, and saves it in between: the reports say which
// of them are of the same code.
func TestDigest(t *testing.T) {
	w, _ := classroom(t, Limits{})
	ws := workspaceOf(t, w, "ada", "one")
	own, err := ws.Check(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		code string
		same bool
	}{{"one", true}, {"two", false}, {"one", true}} {
		if _, err := ws.Save(c.code, ws.Code().Revision); err != nil {
			t.Fatal(err)
		}
		other, err := ws.Compare(t.Context(), "5.10", "one")
		if err != nil || (other.Digest == own.Digest) != c.same || other.Digest == "" || !other.At.After(own.At) {
			t.Errorf("%q: %+v beside %+v, %v", c.code, other, own, err)
		}
	}
}
