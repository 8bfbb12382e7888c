// Package globals gives the global variables of an eBPF object other values, as the program
// that an object belongs to does before it loads it: `const volatile` variables select what
// the verifier sees of a program. The values are written into the object's bytes, so that it is
// the same for every loader and kernel.
//
// ParseAssignment reads VAR=VALUE as people write it, Read finds an object's variables by its
// BTF, Variables.Patch checks an assignment against the variable's type, and Apply writes. An
// assignment that does not fit is an error that names the variable, its type and what it takes,
// and nothing is written.
package globals
