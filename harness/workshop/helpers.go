package workshop

import (
	"regexp"
	"strings"
	"sync"

	"github.com/bpflab/bpflab/harness/upstream"
)

// wordsBegin matches the beginning of a word in a name such as GetPrandomU32.
var wordsBegin = regexp.MustCompile(`[A-Z]`)

// helpers returns the names of all helpers as C spells them, such as
// bpf_get_prandom_u32.
var helpers = sync.OnceValue(func() []string {
	var names []string
	for _, row := range upstream.Rows(upstream.Helper) {
		names = append(names, "bpf"+strings.ToLower(wordsBegin.ReplaceAllString(row.Name, "_$0")))
	}
	return names
})
