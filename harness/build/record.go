package build

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms/cache"
)

// record is the content of the file that keeps what a clang says of itself, which takes it as
// long as half a fork, from one process to the next.
type record struct {
	Path      string            `json:"path"`
	Variables []string          `json:"variables"` // of the environment, as they were
	Account   string            `json:"account"`   // output of clang -v
	States    map[string]string `json:"states"`    // of all files that the account depends on
}

// inspectOnce returns what the clang at path says of itself, from the record if nothing has
// changed that this depends on. A file "" keeps nothing.
func inspectOnce(ctx context.Context, file, path string) (Clang, error) {
	if account, ok := recorded(file, path); ok {
		return readAccount(path, account), nil
	}
	account, err := ask(ctx, path)
	if err != nil {
		return Clang{}, err
	}
	clang := readAccount(path, account)
	if file != "" {
		keep(ctx, file, clang, account)
	}
	return clang, nil
}

// recorded returns what is on record of the clang at path, if it still holds.
func recorded(file, path string) (account string, ok bool) {
	if file == "" {
		return "", false
	}
	text, err := cache.Read(file)
	if err != nil {
		return "", false
	}
	var r record
	if json.Unmarshal(text, &r) != nil || r.Path != path || !slices.Equal(r.Variables, variables()) {
		return "", false
	}
	for file, state := range r.States {
		if cache.State(file) != state {
			return "", false
		}
	}
	return r.Account, true
}

// keep writes down what a clang says of itself. One that another program starts is asked by
// every process: a script or ccache may start another clang tomorrow.
func keep(ctx context.Context, file string, clang Clang, account string) {
	real, err := filepath.EvalSymlinks(clang.Path)
	if err != nil || !filepath.IsAbs(clang.Path) || real != clang.Binary {
		return
	}
	var tools toolchain
	if err := tools.add(ctx, clang.Binary); err != nil {
		return
	}
	states := map[string]string{}
	for _, file := range slices.Concat(tools.files, besides(account), clang.Headers, []string{clang.Path, filepath.Dir(clang.Binary)}) {
		states[file] = cache.State(file)
	}
	if slices.Contains(slices.Collect(maps.Values(states)), cache.Unsettled) {
		return
	}
	if text, err := json.Marshal(record{clang.Path, variables(), account, states}); err == nil {
		cache.Write(file, append(text, '\n')) // where it cannot, the next process asks again
	}
}

// besides returns the files of an account that are no headers: configuration that clang read
// and directories that it did not find.
func besides(account string) []string {
	var out []string
	for _, match := range beside.FindAllStringSubmatch(account, -1) {
		out = append(out, match[1]+match[2])
	}
	return out
}

var beside = regexp.MustCompile(`(?m)^(?:Configuration file: (.+)|ignoring nonexistent directory "(.+)")$`)

// variables returns what the environment says to clang and to its loader, in order.
func variables() []string {
	out := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return !slices.ContainsFunc([]string{"CCC_", "CLANG_", "CPATH=", "C_INCLUDE_PATH=", "COMPILER_PATH=", "GCC_", "HOME=", "LD_", "SDKROOT="}, func(prefix string) bool {
			return strings.HasPrefix(entry, prefix)
		})
	})
	slices.Sort(out)
	return out
}
