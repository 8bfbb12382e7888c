package workshop

import (
	"regexp"
	"strings"
	"sync"

	"github.com/bpflab/bpflab/harness/upstream"
)

// wordsBegin is where a word begins in a name such as GetPrandomU32.
var wordsBegin = regexp.MustCompile(`[A-Z]`)

// helpers are the names of all helpers, as C has them: bpf_get_prandom_u32.
var helpers = sync.OnceValue(func() []string {
	var names []string
	for _, row := range upstream.Rows(upstream.Helper) {
		names = append(names, "bpf"+strings.ToLower(wordsBegin.ReplaceAllString(row.Name, "_$0")))
	}
	return names
})
