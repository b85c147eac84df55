package corpus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// readGostd reads the prose of the Go distribution: the comment groups of every hand-written .go file under its src
// (commands, internal packages and tests included; no testdata, no vendor, no generated file, no group that holds the
// word Copyright), without indented code and without directives to tools. A sentence ends at . ? or ! and has at least
// four tokens; each distinct one is taken once, in path order. What is left of a comment group is a document, and the
// documents of one package are never split between parts.
func readGostd(ctx context.Context, o Options, words *lexicon) (*text, Source, error) {
	root, err := goroot(ctx)
	if err != nil {
		return nil, Source{}, err
	}
	t, hash, err := readGoSource(ctx, filepath.Join(root, "src"), o, words)
	if err != nil {
		return nil, Source{}, err
	}
	version, _, _ := strings.Cut(readVersion(root), "\n")
	return t, Source{Option: "corpus", Name: "gostd", Detail: version, Files: len(t.files), Hash: hash}, nil
}

// goroot finds the Go distribution: that of the go command, else that of the environment or of the build.
func goroot(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "env", "GOROOT")
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	//nolint:staticcheck // runtime.GOROOT is only what is left where there is no go command
	return withSource([]string{strings.TrimSpace(string(out)), os.Getenv("GOROOT"), runtime.GOROOT()}, err)
}

// withSource returns the first of the folders that holds the source of Go; noCommand says why the go command gave none.
func withSource(roots []string, noCommand error) (string, error) {
	for _, root := range roots {
		if root == "" {
			continue
		}
		if info, err := os.Stat(filepath.Join(root, "src", "fmt")); err == nil && info.IsDir() {
			return root, nil
		}
	}
	return "", &OptionError{Option: "corpus", Message: "gostd is the text of the Go distribution, and none with its source was found",
		Hint: "install Go, or set GOROOT to the folder that holds its src", Err: noCommand}
}

func readVersion(root string) string {
	b, err := os.ReadFile(filepath.Join(root, "VERSION"))
	if err != nil {
		return "unknown version"
	}
	return string(b)
}

// readGoSource reads the .go files under src in parallel, and puts their sentences together in path order. The hash is
// that of the documents, one a line.
func readGoSource(ctx context.Context, src string, o Options, words *lexicon) (*text, string, error) {
	files, err := goFiles(src)
	if err != nil {
		return nil, "", err
	}
	read := make([]prose, len(files))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	const chunk = 64 // files a goroutine, so that starting it costs nothing
	for from := 0; from < len(files); from += chunk {
		g.Go(func() error {
			for i := from; i < min(from+chunk, len(files)); i++ {
				if err := context.Cause(gctx); err != nil {
					return err
				}
				b, err := os.ReadFile(filepath.Join(src, files[i]))
				if err != nil {
					return fmt.Errorf("read the Go distribution: %w", err)
				}
				read[i].read(b)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, "", err
	}
	t := &text{files: files}
	hash, err := t.addProse(read, o.Level, words)
	return t, hash, err
}

// goFiles lists the .go files under src that may be hand-written, relative to it, in path order.
func goFiles(src string) ([]string, error) {
	if real, err := filepath.EvalSymlinks(src); err == nil {
		src = real // some systems keep the source elsewhere behind a link
	}
	var files []string
	err := filepath.WalkDir(src, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "vendor"):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		rel, err := filepath.Rel(src, path)
		files = append(files, rel)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the Go distribution: %w", err)
	}
	return files, nil
}

// addProse adds every sentence that was not there before; read is in the order of t.files.
func (t *text) addProse(read []prose, level string, words *lexicon) (hash string, err error) {
	seen := map[string]bool{}
	packages := map[string]int{}
	h := sha256.New()
	for i := range read {
		p := &read[i]
		if len(p.groups) == 0 {
			continue
		}
		dir := filepath.Dir(t.files[i])
		if _, ok := packages[dir]; !ok {
			packages[dir] = len(packages)
		}
		all := string(p.buf) // one string a file; the keys of seen are parts of it
		for _, g := range p.groups {
			var line []byte
			for _, s := range p.sentences[g.from:g.to] {
				sentence := all[s.start:s.end]
				if seen[sentence] {
					continue
				}
				seen[sentence] = true
				if len(line) > 0 {
					line = append(line, ' ')
				}
				line = append(line, sentence...)
			}
			if len(line) == 0 {
				continue
			}
			t.begin(i, g.line, packages[dir])
			add := func(symbol []byte) { t.stream = append(t.stream, words.id(symbol)) }
			if level == Char {
				cutChars(line, add)
			} else {
				cutWords(line, add)
			}
			if !t.end() {
				return "", &OptionError{Option: "corpus", Message: "the text is too long"}
			}
			h.Write(append(line, '\n'))
		}
		*p = prose{}
	}
	t.groups = len(packages)
	return hex.EncodeToString(h.Sum(nil)), nil
}
