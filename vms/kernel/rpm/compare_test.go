package rpm

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
)

func TestCompareEVR(t *testing.T) {
	ascending := []string{
		"2.6.32-754.el6", "3.10.0-1160.el7", "3.10.0-1160.2.1.el7", "3.10.0-1160.119.1.el7",
		"4.18.0-80.el8", "4.18.0-553.el8_10", "5.14.0-70.el9", "5.14.0-427.13.1.el9_4",
		"6.5.0~rc1-1", "6.5.0~rc2-1", "6.5.0-0.rc1", "6.5.0-1", "6.5.0^git1-1", "6.5.1-1",
		"6.10.0-1", "1:4.0-1", "2:1.0-1",
	}
	for i, a := range ascending {
		for j, b := range ascending {
			want := max(-1, min(1, i-j))
			if got := CompareEVR(a, b); got != want {
				t.Errorf("%s and %s: got %d, want %d", a, b, got, want)
			}
		}
	}
}

// rpm itself orders the same way.
func TestCompareVersionsAsRPM(t *testing.T) {
	if _, err := exec.LookPath("rpm"); err != nil {
		t.Skip("rpm is not installed; `sh ci/setup.sh tests` installs it")
	}
	pieces := []string{"1", "2", "10", "010", "0", "a", "b", "rc1", "A", "~", "^", ".", "_", "+", ""}
	random := rand.New(rand.NewPCG(16, 0))
	word := func() string {
		var b strings.Builder
		for range 1 + random.IntN(5) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		return b.String()
	}
	var script strings.Builder
	var pairs [][2]string
	for range 2000 {
		a, b := "1"+word(), "1"+word()
		pairs = append(pairs, [2]string{a, b})
		fmt.Fprintf(&script, "print(rpm.vercmp(%q, %q)..' ')\n", a, b)
	}
	out, err := exec.Command("rpm", "--eval", "%{lua:\n"+script.String()+"}").CombinedOutput()
	answers := strings.Fields(string(out))
	if err != nil || len(answers) != len(pairs) {
		t.Fatalf("got %d answers, %v: %.200s", len(answers), err, out)
	}
	for i, p := range pairs {
		if got := fmt.Sprint(CompareVersions(p[0], p[1])); got != answers[i] {
			t.Errorf("%q and %q: got %s, rpm says %s", p[0], p[1], got, answers[i])
		}
	}
}
