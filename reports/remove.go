package reports

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Files lists what Write has made in a folder, in an order in which it can be removed at any pace: as long as something is
// left of it, the rest is still known by that. What it did not make is not in the list.
func Files(dir, sweep string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	there := map[string]bool{}
	for _, e := range entries {
		if e.Type().IsRegular() {
			there[e.Name()] = true
		}
	}
	var files []string
	for _, e := range entries {
		stem, ok := strings.CutSuffix(e.Name(), ".svg")
		if !ok || !there[e.Name()] || fingerprintOf(beginning(filepath.Join(dir, e.Name()))) == "" {
			continue
		}
		for _, name := range []string{stem + ".png", stem + ".csv", stem + ".svg"} { // by the last the others are known
			if there[name] {
				files = append(files, filepath.Join(dir, name))
			}
		}
	}
	const page = "index.html"
	if there[page] && (len(files) > 0 || strings.Contains(string(beginning(filepath.Join(dir, page))), "<title>"+sweep+": ")) {
		files = append([]string{filepath.Join(dir, page)}, files...)
	}
	return files, nil
}

// beginning reads what a file begins with.
func beginning(file string) []byte {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	b := make([]byte, 4096)
	n, _ := f.Read(b) // what cannot be read is not ours
	return b[:n]
}
