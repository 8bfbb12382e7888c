// Package document reads what people write in YAML: the front matter and comments of labs,
// and a project's file. A Grammar says what is allowed; every mistake is reported, at its
// place, with what to do, and a JSON Schema is made of the same Grammar.
package document
