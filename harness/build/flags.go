package build

// flags for every object. The cpu is pinned because clang's default moves on
// and kernels before 5.1 know v2 only. The compilation directory is "." so
// that no path of this machine gets into the debug information, while clang
// still finds the source lines that BTF carries for the verifier's log.
var flags = []string{
	"-target", "bpf",
	"-mcpu=v2",
	"-O2",
	"-g",
	"-Wall",
	"-Werror",
	"-D__TARGET_ARCH_x86",
	"-fdebug-compilation-dir=.",
	"-fno-color-diagnostics",
	"-ferror-limit=20",
	"-fno-ident",
	"-fno-crash-diagnostics",
}

// searchFlags has clang search exactly the directories that the closure
// searched, in the same order.
func searchFlags(src Source, headers []string) []string {
	args := []string{"-nostdinc"}
	for _, dir := range src.Include {
		args = append(args, "-I"+dir)
	}
	for _, dir := range headers {
		args = append(args, "-isystem", dir)
	}
	return args
}
