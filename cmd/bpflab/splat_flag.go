package main

import (
	"errors"
	"regexp"
	"strings"

	"github.com/bpflab/bpflab/harness/session"
)

// splatFlag holds patterns of what the kernel may report without a failure.
type splatFlag struct{ session.AllowSplats }

// Set adds a pattern.
func (s *splatFlag) Set(text string) error {
	if strings.TrimSpace(text) == "" {
		return errors.New("an empty pattern is found in everything")
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return err
	}
	s.AllowSplats = append(s.AllowSplats, re)
	return nil
}

// Type returns the name of the value in the help.
func (s *splatFlag) Type() string { return "regexp" }

// String returns the patterns.
func (s *splatFlag) String() string {
	var all []string
	for _, re := range s.AllowSplats {
		all = append(all, re.String())
	}
	return strings.Join(all, "|")
}
