package verify

import (
	"html/template"
	"math"
	"path/filepath"
)

// pageProfile is a profile in the page.
type pageProfile struct {
	Result
	Title   string
	Summary string
	Whole   bool
	Flame   template.HTML
	Files   []pageFile
	Rows    []pageFunction
}

// pageFile is a file of C with the lines that have instructions.
type pageFile struct {
	Name  string
	Share string
	Lines []pageLine
}

// pageLine is a line of C with its heat, 0 to 9.
type pageLine struct {
	LineCount
	Share string
	Heat  int
	Gap   bool // lines without instructions stand before it
}

type pageFunction struct {
	FunctionCount
	Share string
}

// pageProfiles returns what the page shows of the programs' profiles.
func pageProfiles(results []Result) (out []pageProfile) {
	for _, r := range results {
		if r.Profile == nil {
			continue
		}
		one := pageProfile{Result: r, Title: r.profiled(), Summary: r.Profile.summary(), Whole: r.Profile.Whole() && r.Profile.Partial == "", Flame: r.Profile.FlameGraph(), Files: r.Profile.heatMap()}
		for _, f := range r.Profile.Functions {
			one.Rows = append(one.Rows, pageFunction{f, r.Profile.share(f.Insns)})
		}
		out = append(out, one)
	}
	return out
}

// heatMap returns the lines by their files.
func (p *Profile) heatMap() (files []pageFile) {
	most, sum := 0, 0
	for _, l := range p.Lines {
		most = max(most, l.Insns)
	}
	for i, l := range p.Lines {
		if i == 0 || l.File != p.Lines[i-1].File {
			files, sum = append(files, pageFile{Name: l.File}), 0
		}
		file := &files[len(files)-1]
		gap := len(file.Lines) > 0 && l.Line != file.Lines[len(file.Lines)-1].Line+1
		file.Lines = append(file.Lines, pageLine{l, p.share(l.Insns), heat(l.Insns, most), gap})
		sum += l.Insns
		file.Share = p.share(sum)
	}
	return files
}

// heat returns a colour from 0 for no instruction to 9 for the most, in equal steps of the
// logarithm: lines of a loop would leave all others without one.
func heat(insns, most int) int {
	if insns == 0 || most == 0 {
		return 0
	}
	return 1 + int(math.Round(8*math.Log1p(float64(insns))/math.Log1p(float64(most))))
}

// Base returns the file's name without its directory.
func (f pageFile) Base() string {
	if f.Name == "" {
		return "instructions without a line"
	}
	return filepath.Base(f.Name)
}
