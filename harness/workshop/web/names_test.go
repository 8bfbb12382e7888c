package web

import (
	"net/http"
	"testing"
)

// TestLookAlikes joins with names that people cannot tell from one that is taken.
func TestLookAlikes(t *testing.T) {
	s := open(t, t.TempDir(), true)
	s.student(t, "José Ilic 10")
	for _, name := range []string{"JOSÉ ILIC 10", "Jose\u0301 Ilic 10", "J\u043es\u00e9 Ilic 10", "José llic 10", "José  Ilic 1O", "\uff2aosé Ilic 10", "\u0408osé Ilic 10"} {
		if status, text := s.browser(t).post("/api/join", map[string]string{"name": name, "code": s.Classroom.Code()}); status != http.StatusConflict {
			t.Errorf("%+q: %d %s", name, status, text)
		}
	}
	for _, name := range []string{"Jose Ilic 10", "José Ilic 11"} {
		s.student(t, name)
	}
}

func TestFormulas(t *testing.T) {
	for text, formula := range map[string]bool{
		"=1": true, "+1": true, "-1": true, "@a": true, "\uff1d1": true, "\uff0b1": true, "\uff0d1": true, "\uff20a": true, " =1": true, "\t=1": true, "\ufe631": true,
		"Ada": false, "": false, "1=1": false, "=": true,
	} {
		if got := notFormula(text); (got == "'"+text) != formula || !formula && got != text {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}
