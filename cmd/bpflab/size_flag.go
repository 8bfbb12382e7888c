package main

import (
	"errors"
	"regexp"

	"github.com/bpflab/bpflab/harness/lab"
)

// sizeFlag is a size on the command line: as a lab document has it, or with a unit
// of one letter.
type sizeFlag struct{ lab.Size }

var shortSize = regexp.MustCompile(`^([0-9]+)([KMGkmg])[Bb]?$`)

// Set reads 512M, 2G, 512MiB.
func (s *sizeFlag) Set(text string) error {
	if m := shortSize.FindStringSubmatch(text); m != nil {
		text = m[1] + map[string]string{"K": "KiB", "M": "MiB", "G": "GiB", "k": "KiB", "m": "MiB", "g": "GiB"}[m[2]]
	}
	if err := s.UnmarshalText([]byte(text)); err != nil {
		return err
	}
	if s.Size == 0 {
		return errors.New("it must be more than nothing")
	}
	return nil
}

// Type returns the name of the value in the help.
func (s *sizeFlag) Type() string { return "size" }

// String returns the size, "" for the provider's own choice.
func (s *sizeFlag) String() string {
	if s.Size == 0 {
		return ""
	}
	return s.Size.String()
}
