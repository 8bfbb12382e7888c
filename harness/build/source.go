package build

import (
	"io/fs"
	"path"

	"github.com/bpflab/bpflab/vms/kernel"
)

// Source is one program to compile.
type Source struct {
	Name    string      // for messages and the object's name, e.g. "hello"
	FS      fs.FS       // contains Main and its own headers
	Main    string      // slash-separated path of the C file in FS
	Include []string    // directories in FS searched for headers, in this order
	Arch    kernel.Arch // of the kernel that the object is for, and of its machine; "" is AMD64
	Root    string      // directory that FS stands for, put before file names in diagnostics; "" if FS is embedded
	Slow    func()      // is called once the compiler has used Options.Patience; nil for nobody
}

// display returns the name of a file of FS as the user knows it.
func (s Source) display(name string) string {
	if s.Root == "" {
		return name
	}
	return path.Join(s.Root, name)
}
