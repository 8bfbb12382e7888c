package verify

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/vmstest"
)

// header returns an ELF header for eBPF, and nothing that it points to.
func header(order binary.ByteOrder, data elf.Data) []byte {
	var out bytes.Buffer
	binary.Write(&out, order, elf.Header64{Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(data), byte(elf.EV_CURRENT)},
		Type: uint16(elf.ET_REL), Machine: uint16(elf.EM_BPF), Version: uint32(elf.EV_CURRENT), Shoff: 4096, Ehsize: 64, Shentsize: 64, Shnum: 9, Shstrndx: 1})
	return out.Bytes()
}

// manySymbols returns an object with a table of more symbols than bpflab reads.
func manySymbols() []byte {
	const size, at = 250_000 * elf.Sym64Size, 64 + 2*64
	var out bytes.Buffer
	h := elf.Header64{Type: uint16(elf.ET_REL), Machine: uint16(elf.EM_BPF), Version: uint32(elf.EV_CURRENT), Shoff: 64, Ehsize: 64, Shentsize: 64, Shnum: 2}
	copy(h.Ident[:], []byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)})
	binary.Write(&out, binary.LittleEndian, h)
	binary.Write(&out, binary.LittleEndian, []elf.Section64{{}, {Type: uint32(elf.SHT_SYMTAB), Off: at, Size: size, Entsize: elf.Sym64Size}})
	out.Write(make([]byte, size))
	return out.Bytes()
}

// unreadFiles are files that are no objects, and what is said of each.
var unreadFiles = map[string]struct {
	content            []byte
	verdict, code, why string
}{
	"text.o":       {[]byte("int main"), ByLoader, "object", "not an ELF file"},
	"empty.o":      {nil, ByLoader, "object", "not an ELF file"},
	"short.o":      {[]byte(elf.ELFMAG), ByLoader, "object", "it is cut off: it has 4 bytes"},
	"cut.o":        {header(binary.LittleEndian, elf.ELFDATA2LSB), ByLoader, "object", "it is cut off: it has 64 bytes, and its header says 4672"},
	"zeros.o":      {append([]byte(elf.ELFMAG), make([]byte, 100)...), ByLoader, "object", "not an eBPF object"},
	"symbols.o":    {manySymbols(), ByLoader, "object", "it has 250000 symbols"},
	"prog_bpfeb.o": {header(binary.BigEndian, elf.ELFDATA2MSB), ByLoader, "object", "it is cut off: it has 64 bytes, and its header says 4672"},
}

func openUnread(t *testing.T) (objects []*Object) {
	dir := t.TempDir()
	for name, file := range unreadFiles {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, file.content, 0o644); err != nil {
			t.Fatal(err)
		}
		some, err := Open(path)
		if err != nil || len(some) != 1 {
			t.Fatalf("%s: %d objects, error %v", name, len(some), err)
		}
		objects = append(objects, some...)
	}
	return objects
}

// Files that cannot be read are results with their reasons, for which no machine starts; the
// programs of other objects are verified.
func TestUnreadObjects(t *testing.T) {
	provider := &vmstest.Fake{}
	pool := scheduler.New(scheduler.Options{Provider: provider, Dir: t.TempDir(),
		Host: func() scheduler.Memory { return scheduler.Memory{Available: 64 << 30, Total: 64 << 30} }})
	kernels := []kernel.Image{{Selector: "6.1", Series: "6.1"}, {Selector: "latest", Series: "7.3"}}
	objects := openUnread(t)
	report := Report{Results: Run(t.Context(), objects, kernels, Options{Pool: pool, Loader: Either})}
	if len(report.Results) != 2*len(unreadFiles) || provider.Started.Load() != 0 {
		t.Fatalf("%d results in %d machines", len(report.Results), provider.Started.Load())
	}
	for _, r := range report.Results {
		want := unreadFiles[r.Object]
		if r.Verdict != want.verdict || !r.Unread || r.Program != "" || r.Reason.Code != want.code || !strings.Contains(r.Reason.Text, want.why) || r.Reason.Fix == "" {
			t.Errorf("%+v, %+v; want %+v", r, r.Reason, want)
		}
		if limit := r.Object == "symbols.o"; strings.Contains(r.Reason.Fix, "its own loader") != limit {
			t.Errorf("%s: the remedy is %q", r.Object, r.Reason.Fix)
		}
	}
	if report.Exit() != 1 || report.Unread() != len(report.Results) {
		t.Errorf("exit code %d, %d not read", report.Exit(), report.Unread())
	}
	good := &Object{Name: "good.o", ELF: []byte("o"), Programs: []Program{{Name: "pass"}}}
	pool = scheduler.New(scheduler.Options{Provider: &vmstest.Fake{Answers: fakeAnswers(t)}, Dir: t.TempDir(),
		Host: func() scheduler.Memory { return scheduler.Memory{Available: 64 << 30, Total: 64 << 30} }})
	report.Results = Run(t.Context(), append(objects, good), kernels[:1], Options{Pool: pool})
	if last := report.Results[len(report.Results)-1]; !last.Accepted || last.Program != "pass" || report.Exit() != 1 {
		t.Errorf("%+v, exit code %d", last, report.Exit())
	}
}

// A kernel that cannot be asked is no reason why an object could not be read.
func TestUnreadWithoutKernel(t *testing.T) {
	results := Run(t.Context(), []*Object{unreadable("text.o", "not an ELF file")}, []kernel.Image{{Selector: "6.12"}}, Options{})
	if r := results[0]; r.Infra != "" || r.Verdict != ByLoader {
		t.Errorf("%+v", r)
	}
}

// A big-endian object beside the little-endian one, as bpf2go makes them, is no failure; one
// alone is, for nothing was verified.
func TestExitOfUnread(t *testing.T) {
	accepted, big, broken := Result{Accepted: true}, Result{Unread: true, Verdict: Undecided}, Result{Unread: true, Verdict: ByLoader}
	for _, test := range []struct {
		name    string
		results []Result
		want    int
	}{
		{"both byte orders", []Result{accepted, big}, 0},
		{"only big-endian", []Result{big, big}, 1},
		{"a broken one", []Result{accepted, broken}, 1},
		{"a kernel that did not boot", []Result{{Infra: "no boot"}, big}, 3},
	} {
		if got := (Report{Results: test.results}).Exit(); got != test.want {
			t.Errorf("%s: exit code %d, want %d", test.name, got, test.want)
		}
	}
}

func TestOpenOfNoFile(t *testing.T) {
	for _, path := range []string{filepath.Join(t.TempDir(), "none.o"), t.TempDir()} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want one that names it", path, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, file := range unreadFiles {
		f.Add(file.content)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, o := range read("x.o", text) {
			if (o.unread == nil) == (len(o.Programs) == 0) {
				t.Errorf("%d programs, and not read because of %+v", len(o.Programs), o.unread)
			}
		}
	})
}
