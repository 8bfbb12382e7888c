package gotest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Flags are those of `go test`, sorted by the program that takes them.
type Flags struct {
	Build   []string // of `go test -c` and `go list`
	Test    []string // of the test binary, "-test.run=X"
	Verbose bool
	JSON    bool
	Cover   string        // file for the merged coverage, "" is none
	Timeout time.Duration // of one test binary; 0 is none
}

// defaultTimeout is that of `go test`.
const defaultTimeout = 10 * time.Minute

// kind says what a flag of go test is.
type kind struct {
	test  bool // the test binary's, not the compiler's
	value bool // a value follows
}

var (
	buildValue = kind{value: true}
	buildBool  = kind{}
	testValue  = kind{test: true, value: true}
	testBool   = kind{test: true}
)

// known are the flags of `go help testflag` and `go help build` that make sense for a
// binary that runs elsewhere.
var known = map[string]kind{
	"tags": buildValue, "ldflags": buildValue, "gcflags": buildValue, "asmflags": buildValue, "mod": buildValue, "modfile": buildValue,
	"overlay": buildValue, "pgo": buildValue, "covermode": buildValue, "coverpkg": buildValue, "C": buildValue, "p": buildValue,
	"race": buildBool, "msan": buildBool, "asan": buildBool, "trimpath": buildBool, "cover": buildBool, "a": buildBool, "x": buildBool,
	"run": testValue, "skip": testValue, "count": testValue, "timeout": testValue, "cpu": testValue, "parallel": testValue,
	"bench": testValue, "benchtime": testValue, "shuffle": testValue, "coverprofile": testValue,
	"v": testBool, "short": testBool, "failfast": testBool, "json": testBool, "benchmem": testBool, "fullpath": testBool,
}

// Split separates the flags of go test, which have one dash, from other arguments. rest
// contains the others: packages, and flags with two dashes or of one letter that go test
// does not have. Arguments after "--" go to the test binaries unchanged.
func Split(args []string) (f Flags, rest []string, err error) {
	f.Timeout = defaultTimeout
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "--" {
			f.Test = append(f.Test, args...)
			break
		}
		name, value, given := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
		k, ours := known[name]
		if !strings.HasPrefix(arg, "-") || strings.HasPrefix(arg, "--") || !ours && len(name) == 1 {
			rest = append(rest, arg)
			continue
		}
		if !ours {
			return f, nil, fmt.Errorf("%s is no flag of go test that bpflab knows; flags of bpflab have two dashes, and those of the tests themselves stand after --", arg)
		}
		if k.value && !given {
			if len(args) == 0 {
				return f, nil, fmt.Errorf("%s wants a value", arg)
			}
			value, args = args[0], args[1:]
		}
		if err := f.add(name, value, k, given); err != nil {
			return f, nil, err
		}
	}
	return f, rest, nil
}

func (f *Flags) add(name, value string, k kind, given bool) (err error) {
	switch name {
	case "v":
		f.Verbose = value != "false"
		return nil
	case "json":
		f.JSON = value != "false"
		return nil
	case "coverprofile":
		f.Cover = value
		f.Build = append(f.Build, "-cover")
		return nil
	case "timeout":
		if f.Timeout, err = time.ParseDuration(value); err != nil || f.Timeout < 0 {
			return fmt.Errorf("-timeout %s: want a duration, as 30s or 10m", value)
		}
		return nil
	}
	word := "-" + name
	if k.test {
		word = "-test." + name
	}
	if k.value || given {
		word += "=" + value
	}
	if k.test {
		f.Test = append(f.Test, word)
	} else if !slices.Contains(f.Build, word) {
		f.Build = append(f.Build, word)
	}
	return nil
}
