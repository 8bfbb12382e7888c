package object

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// ofOthers returns the objects of both byte orders that cilium/ebpf has for its own tests, by
// their names.
func ofOthers(t testing.TB) map[string][]byte {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/cilium/ebpf").Output()
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "testdata", "*-e[lb].elf"))
	if err != nil || len(paths) < 10 {
		t.Fatalf("objects %q, error %v", paths, err)
	}
	all := map[string][]byte{}
	for _, path := range paths {
		if all[filepath.Base(path)], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// readAlone returns a program of an object and its maps, without the rest of the object.
func readAlone(text []byte, function string) (*ebpf.ProgramSpec, map[string]*ebpf.MapSpec, error) {
	one, err := Alone(text, function)
	if err != nil {
		return nil, nil, err
	}
	spec, err := Read(one)
	if err != nil {
		return nil, nil, err
	}
	if spec.Programs[function] == nil {
		return nil, nil, fmt.Errorf("no program %s is left", function)
	}
	return spec.Programs[function], spec.Maps, nil
}

// describe returns the maps that are not global variables, with what their values name.
func describe(maps map[string]*ebpf.MapSpec) map[string]string {
	out := map[string]string{}
	for name, m := range maps {
		if !strings.HasPrefix(name, ".") {
			out[name] = fmt.Sprint(m, m.InnerMap, m.Contents)
		}
	}
	return out
}

// A program and its maps are the same with the rest of its object and without.
func TestAloneIsTheSame(t *testing.T) {
	compared := 0
	for name, text := range ofOthers(t) {
		whole, err := Read(text)
		functions, _ := Functions(text)
		if err != nil {
			continue
		}
		for _, f := range functions {
			one, maps, err := readAlone(text, f.Name)
			if err != nil {
				t.Errorf("%s of %s: %v", f.Name, name, err)
				continue
			}
			all := describe(whole.Maps)
			for name, got := range describe(maps) {
				if got != all[name] {
					t.Errorf("map %s of %s:\n%s\nwant\n%s", name, f.Name, got, all[name])
				}
			}
			if got, want := fmt.Sprint(one.Instructions), fmt.Sprint(whole.Programs[f.Name].Instructions); got != want {
				t.Errorf("%s of %s:\n%s\nwant\n%s", f.Name, name, got, want)
			}
			compared++
		}
	}
	if compared < 50 {
		t.Errorf("only %d programs were compared", compared)
	}
}

// What cannot be read of one program costs the others of its object nothing.
func TestAloneOfRefused(t *testing.T) {
	text := ofOthers(t)["loader-clang-17-el.elf"]
	file, err := elf.NewFile(bytes.NewReader(text))
	if err != nil || file.Section(".relxdp") == nil {
		t.Fatalf("no relocations of xdp, error %v", err)
	}
	clear(text[file.Section(".relxdp").Offset+8:][:8]) // of no symbol
	if _, err := Read(text); err == nil {
		t.Fatal("the object is read as a whole")
	}
	for function, says := range map[string]string{"no_relocation": "", "data_sections": "", "xdp_prog": "unknown symbol", "no_such_program": "no function no_such_program"} {
		_, _, err := readAlone(text, function)
		if (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", function, err, says)
		}
	}
}

// A map that cannot be read costs the programs that use it, and no others.
func TestAloneOfRefusedMap(t *testing.T) {
	text := bytes.Clone(ofOthers(t)["loader-clang-17-el.elf"])
	whole, err := Read(text)
	if err != nil {
		t.Fatal(err)
	}
	file, symbols, err := symbolsOf(text)
	if err != nil {
		t.Fatal(err)
	}
	const broken = "hash_map"
	for _, s := range symbols {
		if s.Name == broken {
			text[file.Sections[s.Section].Offset+s.Value] = 1 // what a map says is in its type alone
		}
	}
	if _, err := Read(text); err == nil || !strings.Contains(err.Error(), broken) {
		t.Fatalf("the object is read as a whole: %v", err)
	}
	for name, p := range whole.Programs {
		one, err := Alone(text, name)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Read(one)
		_, used := p.Instructions.ReferenceOffsets()[broken]
		if used == (name != "xdp_prog") || used != (err != nil) || used && !strings.Contains(err.Error(), broken) {
			t.Errorf("%s: error %v, and it uses the map: %v", name, err, used)
		}
	}
}

// Symbols that are not needed are forgotten.
func TestForget(t *testing.T) {
	number := &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}
	typed := &btf.Var{Name: "typed", Type: number, Linkage: btf.ExternVar}
	plain := &btf.Var{Name: "plain", Type: &btf.Void{}, Linkage: btf.ExternVar}
	builder, err := btf.NewBuilder([]btf.Type{&btf.Datasec{Name: ".ksyms", Vars: []btf.VarSecinfo{{Type: typed}, {Type: plain}}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := builder.Marshal(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ needed, want string }{{"plain", "plain plain"}, {"other", ""}, {"typed", "typed typed"}} {
		types := bytes.Clone(raw)
		forget(types, map[string]bool{test.needed: true})
		if got := ksyms(types); got != test.want {
			t.Errorf("%s is needed: %q, want %q", test.needed, got, test.want)
		}
	}
}

// ksyms returns the names of the symbols that BTF has in .ksyms.
func ksyms(types []byte) string {
	spec, err := btf.LoadSpecFromReader(bytes.NewReader(types))
	if err != nil {
		return err.Error()
	}
	var section *btf.Datasec
	if err := spec.TypeByName(".ksyms", &section); errors.Is(err, btf.ErrNotFound) {
		return ""
	} else if err != nil {
		return err.Error()
	}
	var names []string
	for _, v := range section.Vars {
		names = append(names, v.Type.TypeName())
	}
	return strings.Join(names, " ")
}

func FuzzAlone(f *testing.F) {
	whole := anObject(binary.LittleEndian)
	for _, text := range append(truncated(whole), whole, ofOthers(f)["btf_map_init-el.elf"]) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if Check(text) != nil {
			return
		}
		functions, err := Functions(text)
		if err != nil || len(functions) == 0 {
			return
		}
		one, err := Alone(text, functions[0].Name)
		if err == nil && len(one) != len(text) {
			t.Errorf("%d bytes became %d", len(text), len(one))
		}
	})
}

func FuzzForget(f *testing.F) {
	f.Add([]byte("\x9f\xeb\x01\x00\x18\x00\x00\x00"))
	f.Fuzz(func(_ *testing.T, types []byte) { forget(types, map[string]bool{"needed": true}) })
}
