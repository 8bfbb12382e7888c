package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/limits"
	"github.com/bpflab/bpflab/harness/verify"
	"github.com/bpflab/bpflab/labs"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

// completes reports whether a command line is a shell's question how a word may go on. It is
// answered from this binary and the cache alone.
func completes(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// filesWith completes files whose names end in one of these, and directories.
func filesWith(endings ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(endings, cobra.ShellCompDirectiveFilterFileExt)
}

var (
	nothing     = cobra.NoFileCompletions
	anyFile     = cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)
	directories = cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)
	labsOrFiles = cobra.FixedCompletions(labs.Course, cobra.ShellCompDirectiveDefault)
)

// argumentWords complete the arguments of verbs, by their names. Verbs that are not here have
// none, or have their own.
var argumentWords = map[string]cobra.CompletionFunc{
	"bisect":           labsOrFiles,
	"check":            filesWith("yaml", "yml"),
	"ci matrix":        labsOrFiles,
	"exec":             anyFile,
	"features":         asKernels,
	"init":             directories,
	"kernels import":   anyFile,
	"kernels list":     asKernels,
	"kernels lock":     asKernels,
	"kernels pull":     asKernels,
	"kernels save":     first(directories, asKernels),
	"kernels search":   asKernels,
	"kernels sweep":    first(asKernels, labsOrFiles),
	"labs check":       filesWith("md"),
	"labs preview":     filesWith("md"),
	"replay":           filesWith("json"),
	"report":           filesWith("json"),
	"run":              labsOrFiles,
	"test":             testWords,
	"verify":           anyFile,
	"workshop":         first(labsOrFiles, nothing),
	"workshop prepare": directories,
}

// flagWords complete the values of flags, by their names, in every verb that has them. What is
// not here is a file where the value is a text, and nothing else.
var flagWords = map[string]cobra.CompletionFunc{
	"accel":    cobra.FixedCompletions(accelerators, cobra.ShellCompDirectiveNoFileComp),
	"arch":     inList(archCompletions),
	"bad":      asKernels,
	"budget":   nothing,
	"budgets":  filesWith("yaml", "yml"),
	"compare":  filesWith("json"),
	"csv":      filesWith("csv"),
	"dir":      directories,
	"env":      nothing,
	"forget":   inList(completeImports),
	"from":     directories,
	"good":     asKernels,
	"html":     filesWith("html"),
	"json":     filesWith("json"),
	"junit":    filesWith("xml"),
	"kernel":   inList(kernelCompletions),
	"kind":     cobra.FixedCompletions(featureKinds, cobra.ShellCompDirectiveNoFileComp),
	"lab":      labsOrFiles,
	"labs":     directories,
	"listen":   nothing,
	"loader":   cobra.FixedCompletions(verify.Loaders, cobra.ShellCompDirectiveNoFileComp),
	"markdown": filesWith("md"),
	"mirror":   nothing,
	"only":     inList(func([]string, string) []string { return limits.Names() }),
	"presets":  filesWith("yaml", "yml"),
	"provider": cobra.FixedCompletions(providerNames(), cobra.ShellCompDirectiveNoFileComp),
	"serve":    nothing,
	"step":     completeSteps,
	"svg":      filesWith("svg"),
	"target":   nothing,
}

// completeWords registers the completions of a command and of all below it.
func completeWords(cmd *cobra.Command) {
	if words := argumentWords[nameOf(cmd)]; words != nil {
		cmd.ValidArgsFunction = words
	} else if cmd.ValidArgsFunction == nil {
		cmd.ValidArgsFunction = nothing
	}
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		words := flagWords[f.Name]
		if words == nil && f.Value.Type() != "string" && f.Value.Type() != "stringArray" {
			words = nothing
		}
		if words != nil && f.NoOptDefVal == "" {
			_ = cmd.RegisterFlagCompletionFunc(f.Name, words) // an error says that it has one
		}
	})
	for _, sub := range cmd.Commands() {
		completeWords(sub)
	}
}

// first completes the first argument in one way, and all others in another.
func first(one, others cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 0 {
			return one(cmd, args, word)
		}
		return others(cmd, args, word)
	}
}

// asKernels completes one selector.
func asKernels(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	var found []string
	for _, w := range kernelCompletions(nil, word) {
		if strings.HasPrefix(w, word) {
			found = append(found, w)
		}
	}
	return found, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// imports returns what was imported into the cache.
func imports() []kernel.Ref {
	s, err := store.Open(store.Options{})
	if err != nil {
		return nil
	}
	return s.Imports()
}

// importCompletions returns the selectors of imports.
func importCompletions() []string { return kernel.Labels(imports()) }

// completeImports completes the names of imports, which stand for themselves.
func completeImports(_ []string, _ string) (names []string) {
	for _, ref := range imports() {
		names = append(names, ref.Name)
	}
	return names
}

// completeSteps completes the number of a step of the lab that --lab names.
func completeSteps(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	name, err := cmd.Flags().GetString("lab")
	if err != nil || name == "" {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	one, _, err := open(name)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return stepWords(one), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

func stepWords(l *lab.Lab) (words []string) {
	for i, s := range l.Steps {
		words = append(words, cobra.CompletionWithDesc(fmt.Sprint(i+1), s.Name))
	}
	return words
}

// testWords completes the arguments of `bpflab test`, whose flags cobra does not read.
func testWords(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if n := len(args); n > 0 && strings.HasPrefix(args[n-1], "--") && len(args[n-1]) > 2 {
		if words, ok := cmd.GetFlagCompletionFunc(args[n-1][2:]); ok {
			return words(cmd, args, word)
		}
	}
	return nil, cobra.ShellCompDirectiveFilterDirs
}
