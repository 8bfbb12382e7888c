package build

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/bpflab/bpflab/vms/child"
	"github.com/bpflab/bpflab/vms/install"
)

// clangVar names the environment variable that says which clang to use.
const clangVar = "BPFLAB_CLANG"

// ToolError is something needed to compile that this machine lacks.
type ToolError struct {
	Tool install.Tool
	Text string // what was looked for, and where
	Hint string // how to get it
}

func (e *ToolError) Error() string { return e.Text + "; " + e.Hint }

func missing(tool install.Tool, format string, args ...any) *ToolError {
	return &ToolError{Tool: tool, Text: fmt.Sprintf(format, args...), Hint: install.Host().Hint(tool)}
}

// Clang is the compiler found on this machine.
type Clang struct {
	Path    string   // as it was found; it may be a script
	Binary  string   // the program that compiles
	Version string   // first line of its version output
	Headers []string // directories it searches for <...>, in order
}

// FindClang looks for name, else for $BPFLAB_CLANG, else for clang and then
// the newest clang-NN in PATH, and asks it what it is. It returns *ToolError
// if there is none or it has no bpf target.
func FindClang(ctx context.Context, name string) (Clang, error) {
	path, err := locate(name)
	if err != nil {
		return Clang{}, err
	}
	account, err := ask(ctx, path)
	if err != nil {
		return Clang{}, err
	}
	return readAccount(path, account), nil
}

// locate returns the path of the clang that FindClang describes.
func locate(name string) (string, error) {
	name = cmp.Or(name, os.Getenv(clangVar))
	if name != "" {
		path, err := exec.LookPath(name)
		if err != nil {
			return "", missing(install.Clang, "clang %q (from $%s or the options) cannot be run", name, clangVar)
		}
		return path, nil
	}
	if path, err := exec.LookPath("clang"); err == nil {
		return path, nil
	}
	if path := newest(filepath.SplitList(os.Getenv("PATH"))); path != "" {
		return path, nil
	}
	return "", missing(install.Clang, "no clang: looked for $%s, clang and clang-NN in PATH", clangVar)
}

var versioned = regexp.MustCompile(`^clang-([0-9]+)$`)

// newest returns the clang-NN with the highest NN in dirs, or "".
func newest(dirs []string) string {
	best, found := 0, ""
	for _, dir := range dirs {
		paths, _ := filepath.Glob(filepath.Join(dir, "clang-*")) // the pattern is well-formed
		for _, path := range paths {
			match := versioned.FindStringSubmatch(filepath.Base(path))
			if match == nil {
				continue
			}
			if n, _ := strconv.Atoi(match[1]); n > best {
				best, found = n, path
			}
		}
	}
	return found
}

// ask returns what clang says of its version and search path.
func ask(ctx context.Context, path string) (string, error) {
	cmd := exec.CommandContext(ctx, path, "-target", "bpf", "-E", "-v", "-x", "c", os.DevNull, "-o", os.DevNull)
	cmd.Env = environment()
	var account bytes.Buffer
	cmd.Stdout, cmd.Stderr = &account, &account
	err := child.Run(cmd)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return "", missing(install.Clang, "%s has no bpf target: %s", path, lastLine(account.Bytes()))
	}
	if err != nil {
		return "", fmt.Errorf("asking clang for its version: %w", err)
	}
	return account.String(), nil
}

// readAccount returns what the output of clang -v says.
func readAccount(path, account string) Clang {
	version, headers := parseAccount(account)
	return Clang{Path: path, Binary: binaryOf(path, account), Version: version, Headers: withMultiarch(headers)}
}

// frontend matches the command that clang -v shows of its own compiler.
var frontend = regexp.MustCompile(`(?m)^ "(/[^"]+)" -cc1 `)

// binaryOf returns the program behind the path of a clang, which the output of clang -v
// names.
func binaryOf(path, account string) string {
	binary := path
	if match := frontend.FindStringSubmatch(account); match != nil {
		binary = match[1]
	}
	if real, err := filepath.EvalSymlinks(binary); err == nil {
		return real
	}
	return binary
}

// parseAccount reads the output of clang -v: the version is its first line,
// the directories are indented between two fixed sentences.
func parseAccount(account string) (version string, headers []string) {
	version, _, _ = strings.Cut(account, "\n")
	_, list, _ := strings.Cut(account, "#include <...> search starts here:\n")
	list, _, _ = strings.Cut(list, "End of search list.")
	for line := range strings.Lines(list) {
		headers = append(headers, filepath.Clean(strings.TrimSpace(line)))
	}
	return strings.TrimSpace(version), headers
}

// withMultiarch adds the directory in which Debian and its derivatives keep asm/*.h:
// clang leaves it out for the bpf target, and linux/types.h needs it.
func withMultiarch(headers []string) []string {
	dir := "/usr/include/" + machine() + "-linux-gnu"
	if _, err := os.Stat(filepath.Join(dir, "asm")); err != nil || slices.Contains(headers, dir) {
		return headers
	}
	return append(headers, dir)
}

func machine() string {
	if runtime.GOARCH == "arm64" {
		return "aarch64"
	}
	return "x86_64"
}

// environment returns this process's, with clang's messages in English.
func environment() []string { return append(os.Environ(), "LC_ALL=C") }

func lastLine(text []byte) string {
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return string(lines[len(lines)-1])
}
