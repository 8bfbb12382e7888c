// Package project reads bpflab.yaml, in which a project says what must hold of it on which
// kernels: which programs of its objects load, within which budgets, which are rejected and
// why, and which of its own commands succeed. It turns what was seen into cells.
//
// The file's form is said in docs/check.md and docs/project.schema.json.
package project
