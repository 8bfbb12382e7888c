package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/vms/kernel"
)

// inList completes the last word of a list with commas; taken are the words before it.
func inList(words func(taken []string, word string) []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, list string) ([]string, cobra.ShellCompDirective) {
		taken := strings.Split(list, ",")
		word := taken[len(taken)-1]
		taken = taken[:len(taken)-1]
		var found []string
		for _, w := range words(taken, word) {
			if strings.HasPrefix(w, word) && !slices.Contains(taken, w) {
				found = append(found, strings.TrimSuffix(list, word)+w)
			}
		}
		return found, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}

// archCompletions returns the architectures, and the word for all of them where none is given yet.
func archCompletions(taken []string, _ string) []string {
	words := archWords()
	if len(taken) == 0 {
		words = append(words, kernel.AllArch)
	}
	return words
}

func archWords() []string {
	var words []string
	for _, a := range kernel.Arches() {
		words = append(words, string(a))
	}
	return words
}

// kernelCompletions returns the pinned kernels and the words for several, and behind a slash
// the flavours and architectures. It asks nobody, and reads no more than the lock file.
func kernelCompletions(_ []string, word string) []string {
	words := []string{"default", "latest", "all", kernel.Local + ":"}
	if text, err := lockText(); err == nil {
		if lock, err := kernel.ParseLock(text); err == nil {
			words = append(words, kernel.Labels(lock.Refs)...)
		}
	}
	if i := strings.LastIndexByte(word, '/'); i > 0 {
		for _, part := range append(archWords(), kernel.AllArch, kernel.Generic, kernel.Cloud) {
			words = append(words, word[:i+1]+part)
		}
	}
	words = append(words, importCompletions()...)
	slices.Sort(words)
	return slices.Compact(words)
}
