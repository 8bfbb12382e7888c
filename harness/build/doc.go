// Package build compiles eBPF C into objects and looks at objects that users
// bring along.
//
// A Builder compiles a Source, whose files come from any fs.FS, with clang for
// the bpf target. The same bytes give the same object on every machine with
// the same clang: neither the working directory nor a temporary path gets into
// it. Objects are kept in a content-addressed cache that any number of
// goroutines and processes may share; a second build of the same input reads
// the cache and runs no compiler.
//
// The key of the cache covers clang's version, the flags and every byte that
// can be read: the main file and whatever it includes, from the Source as well
// as from the system. An object that turns out to have read anything else (an
// include with an absolute path) is returned but not kept.
//
// Errors a caller may want to distinguish:
//
//   - *ToolError: clang or libbpf's headers are missing; Hint says how to get them.
//   - *CompileError: the C is wrong; it holds clang's diagnostics with the
//     user's own file names.
//   - *LimitError: clang took more time or memory, or wrote more, than it may.
//   - *ObjectError: a file that should be an eBPF object is not one.
//
// Everything else is the file system's fault and says which path.
package build
