package report

import (
	"io"
	"os"
)

// consoleBytes is how much of a console's end is read.
const consoleBytes = 64 << 10

// readConsole returns the end of a console log in the result directory, or "". The
// path comes from a file that somebody may have sent: it leads nowhere else.
func readConsole(dir, path string) string {
	if dir == "" || path == "" {
		return ""
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return ""
	}
	defer root.Close()
	info, err := root.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	file, err := root.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	from := max(0, info.Size()-consoleBytes)
	end, err := io.ReadAll(io.NewSectionReader(file, from, consoleBytes))
	if err != nil {
		return ""
	}
	return string(end)
}
