package verify

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// manyResults are of two objects on an old kernel and the newest: a map that cannot be made
// takes three programs with it, one program is rejected by itself, and one object is
// big-endian.
func manyResults() Report {
	old := Result{Kernel: "5.10", Release: "5.10.0-43-amd64", Loader: Cilium}
	newest := Result{Kernel: "latest", Release: "7.3.1-amd64", Loader: Cilium}
	of := func(r Result, object, program string) Result {
		r.Object, r.Program = object, program
		return r
	}
	refused := func(r Result, code, text string) Result {
		r.Verdict, r.Reason = Rejected, &Reason{Code: code, Text: text, Fix: "do"}
		return r
	}
	accepted := func(r Result) Result {
		r.Accepted, r.Verdict, r.Insns, r.States, r.PeakStates, r.Load = true, Accepted, 12, 3, 2, 0.0015
		return r
	}
	since := "latest"
	loop := refused(of(old, "a.o", "loops"), "back_edge", "a loop")
	loop.Reason.Since, loop.Reason.SinceRelease = &since, "7.3.1-amd64"
	big := of(old, "c_bpfeb.o", "")
	big.Verdict, big.Unread, big.Reason = Undecided, true, &Reason{Code: "byte_order", Text: "it is big-endian"}
	bigger := big
	bigger.Kernel, bigger.Release = newest.Kernel, newest.Release
	ring := "map events: no RingBuf"
	return Report{Results: []Result{
		loop, refused(of(old, "a.o", "first"), "map_type", ring), refused(of(old, "a.o", "second"), "map_type", ring),
		refused(of(old, "b.o", "third"), "map_type", ring), big,
		accepted(of(newest, "a.o", "loops")), accepted(of(newest, "a.o", "first")), accepted(of(newest, "a.o", "second")),
		refused(of(newest, "b.o", "third"), "map_type", ring), bigger,
	}}
}

func TestTableAtScale(t *testing.T) {
	var out strings.Builder
	if err := Table(&out, manyResults()); err != nil {
		t.Fatal(err)
	}
	at := -1
	for _, want := range []string{ // in this order
		"OBJECT         5.10 (5.10.0-43-amd64)  latest (7.3.1-amd64)\n",
		"a.o            0/3: 3 rejected         3/3\n",
		"c_bpfeb.o      byte_order        byte_order\n",
		"all 3 objects  0/4: 4 rejected  3/4: 1 rejected\n",
		"rejected: 4 map_type, 1 back_edge\n",
		"undecided: 2 byte_order\n",
		"OBJECT     PROGRAM  KERNEL  RELEASE          VERDICT",
		"a.o        loops    5.10    5.10.0-43-amd64  rejected",
		"map_type, 3 programs: map events: no RingBuf\n  of     first, second of a.o on 5.10\n  of     third of b.o on 5.10, latest (7.3.1-amd64)\n  to do  do\n",
		"loops of a.o on 5.10: a loop\n", "since  latest (7.3.1-amd64) accepts it\n",
		"c_bpfeb.o on 5.10, latest (7.3.1-amd64): it is big-endian\n",
		"3 accepted, 5 rejected, 2 undecided in",
	} {
		text := strings.Join(strings.Fields(out.String()), " ")
		next := strings.Index(text, strings.Join(strings.Fields(want), " "))
		if next <= at {
			t.Errorf("no %q, or not in its place:\n%s", want, &out)
		}
		at = next
	}
}

func TestReasonOfVeryManyPrograms(t *testing.T) {
	var all []Result
	for i := range 100 {
		all = append(all, Result{Object: "o" + strings.Repeat("x", i), Program: "p", Kernel: "6.1", Reason: &Reason{Code: "map", Text: "no"}})
	}
	groups := rejections(all)
	if len(groups) != 1 || len(groups[0].found) != 100 {
		t.Fatalf("%d groups", len(groups))
	}
	if lines := groups[0].lines(); len(lines) != listed+1 || !strings.Contains(lines[listed], "88") {
		t.Errorf("%q", lines)
	}
}

// Where loaders differ for one reason, the programs of an object are one line.
func TestManyDifferences(t *testing.T) {
	var report Report
	for _, kernel := range []string{"5.10", "6.12"} {
		for _, program := range []string{"a", "b"} {
			one := Result{Object: "o.o", Program: program, Kernel: kernel}
			taken, refused := one, one
			taken.Loader, taken.Accepted = Cilium, true
			refused.Loader, refused.Verdict, refused.Reason = Libbpf, ByLoader, &Reason{Text: "a legacy map"}
			report.Results = append(report.Results, taken, refused)
		}
	}
	want := "a, b of o.o on 5.10, 6.12: cilium accepted, libbpf loader (a legacy map): the loader makes the difference, not the kernel"
	if got := report.Differences(); len(got) != 1 || got[0] != want {
		t.Errorf("%q", got)
	}
}

func TestCSVHasReleases(t *testing.T) {
	var out strings.Builder
	if err := CSV(&out, manyResults()); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	release, reason := slices.Index(rows[0], "release"), slices.Index(rows[0], "reason")
	if rows[0][11] != "kernel" || rows[1][release] != "5.10.0-43-amd64" || rows[1][reason] != "back_edge" || rows[6][release] != "7.3.1-amd64" {
		t.Errorf("%q\n%q\n%q", rows[0], rows[1], rows[6])
	}
}

// A directory has a file for each kernel, with what every version of veristat reads.
func TestWriteVeristat(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made")
	report := manyResults()
	report.Results[5].Program = `with,comma"`
	if err := WriteVeristat(dir, report); err != nil {
		t.Fatal(err)
	}
	const title = "file_name,prog_name,verdict,duration,total_insns,total_states,peak_states\n"
	for name, want := range map[string]string{
		"5.10.csv":   title + "a.o,loops,failure,0,0,0,0\na.o,first,failure,0,0,0,0\na.o,second,failure,0,0,0,0\nb.o,third,failure,0,0,0,0\n",
		"latest.csv": title + "a.o,with_comma_,success,1500,12,3,2\na.o,first,success,1500,12,3,2\na.o,second,success,1500,12,3,2\nb.o,third,failure,0,0,0,0\n",
	} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, want)
		}
	}
	second := report.Results[0]
	second.Loader = Libbpf
	report.Results = append(report.Results, second)
	if err := WriteVeristat(dir, report); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "5.10.libbpf.csv")); err != nil || strings.Count(string(got), "\n") != 2 {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestHTML(t *testing.T) {
	report := manyResults()
	report.Results[0].Object = "<a>.o"
	var out strings.Builder
	if err := HTML(&out, report); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"&lt;a&gt;.o", "latest (7.3.1-amd64)", "map_type, 3 programs", "first, second of a.o on 5.10", `<td class="rejected">rejected`,
		"<div>third of b.o on 5.10, latest (7.3.1-amd64)</div>", "it is big-endian", "3 accepted, 5 rejected, 2 undecided", "latest (7.3.1-amd64) accepts it"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
	if strings.Contains(out.String(), "<a>") {
		t.Error("an object's name is markup")
	}
}

// The releases of a kernel that is not the one of the earlier run are both named.
func TestChangesNameReleases(t *testing.T) {
	was, now := Result{Program: "p", Kernel: "latest", Release: "7.2.0", Accepted: true}, Result{Program: "p", Kernel: "latest", Release: "7.3.1"}
	var out strings.Builder
	if err := WriteChanges(&out, []Change{{Now: now, Was: was, Worse: true}}); err != nil || !strings.Contains(out.String(), "latest (7.2.0 -> 7.3.1)") {
		t.Errorf("%v\n%s", err, &out)
	}
}

func TestSelection(t *testing.T) {
	objects := []*Object{{Name: "a.o", Programs: []Program{{Name: "handle_exec"}, {Name: "handle_exit"}, {Name: "count"}}},
		{Name: "b.o", Programs: []Program{{Name: "count"}}}, unreadable("text.o", "not an ELF file")}
	for _, test := range []struct {
		only, skip []string
		want, err  string
	}{
		{nil, nil, "a.o: handle_exec handle_exit count; b.o: count; text.o:", ""},
		{[]string{"handle_*"}, nil, "a.o: handle_exec handle_exit; text.o:", ""},
		{[]string{"handle_*", "count"}, []string{"*_exit"}, "a.o: handle_exec count; b.o: count; text.o:", ""},
		{nil, []string{"*"}, "text.o:", ""},
		{[]string{"handle_exek"}, nil, "", "did you mean handle_exec?"},
		{nil, []string{"other*"}, "", `--skip-prog: no program in these objects matches "other*"`},
		{[]string{"[a"}, nil, "", "no pattern"},
	} {
		left, err := Selection{test.only, test.skip}.Of(objects)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%q %q: error %v, want %q", test.only, test.skip, err, test.err)
			}
			continue
		}
		var got []string
		for _, o := range left {
			got = append(got, strings.TrimSpace(o.Name+": "+strings.Join(programNames([]*Object{o}), " ")))
		}
		if strings.Join(got, "; ") != test.want || err != nil {
			t.Errorf("%q %q: %q, error %v, want %q", test.only, test.skip, strings.Join(got, "; "), err, test.want)
		}
	}
	if len(objects[0].Programs) != 3 {
		t.Error("the selection changed the objects")
	}
}
