package table

import (
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	tab := Table{Head: []string{"kernel", "holds"}}
	tab.Add("6.1", Holds(true))
	tab.Add("a|b\nc", Holds(false))
	var w strings.Builder
	tab.Write(&w)
	if want := "| kernel | holds |\n|---|---|\n| 6.1 | yes |\n| a\\|b c | **no** |\n"; w.String() != want {
		t.Errorf("got\n%s\nwant\n%s", w.String(), want)
	}
}
