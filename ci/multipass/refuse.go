//go:build linux

package main

import "fmt"

// refusal is an error in multipass's own words, which are sentences.
type refusal string

func (r refusal) Error() string { return string(r) }

func refuse(format string, args ...any) error { return refusal(fmt.Sprintf(format, args...)) }
