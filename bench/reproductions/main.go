// Command reproductions trains what others have published figures of, and writes a page that holds ours beside theirs:
//
//	go run ./bench/reproductions -data DIR                      every section, to standard output
//	go run ./bench/reproductions -data DIR brown makemore       some
//	go run ./bench/reproductions -data DIR -page docs/reproductions.md
//
// DIR is the folder of the public texts: names-makemore, names-eureka and brown below it. Everything goes through the
// program as its users have it: the specs beside this file, a record, and what the verbs print. A run that was
// interrupted goes on.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// section is a part of the page.
type section struct {
	name, title string
	write       func(context.Context, *bench, io.Writer) error
}

var sections = []section{
	{"makemore", "makemore: names by characters", makemore},
	{"eureka", "EurekaLabs: the same names as one stream", eureka},
	{"brown", "Brown: the table of Bengio et al. (2003)", brown},
	{"gostd", "The prose of Go: what it takes to pass the counts", gostd},
	{"synthetic", "A language whose entropy is known", synthetic},
	{"representation", "How should a word be shown to the network?", representation},
}

func (b *bench) section(ctx context.Context, w io.Writer, s section) error {
	fmt.Fprintf(w, "\n## %s\n", s.title)
	return s.write(ctx, b, w)
}

func main() {
	data := flag.String("data", "", "folder of the public texts")
	dir := flag.String("dir", "runs/reproductions", "folder of the record")
	page := flag.String("page", "", "file to write the page to; default standard output")
	program := flag.String("sweep", "", "the program; default: built from this repository")
	workers := flag.Int("workers", runtime.NumCPU(), "trainings at once")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *data, *dir, *page, *program, *workers, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "reproductions:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, data, dir, page, program string, workers int, only []string) error {
	if data == "" {
		return fmt.Errorf("-data is required: the folder that holds names-makemore, names-eureka and brown")
	}
	for _, name := range only {
		if !slices.ContainsFunc(sections, func(s section) bool { return s.name == name }) {
			return fmt.Errorf("%q is no section; there are %s", name, names())
		}
	}
	b := &bench{data: data, dir: dir, workers: workers, program: program}
	if err := b.prepare(ctx); err != nil {
		return err
	}
	defer os.RemoveAll(b.temporary)
	var out bytes.Buffer
	out.WriteString(preamble)
	for _, s := range sections {
		if len(only) > 0 && !slices.Contains(only, s.name) {
			continue
		}
		if err := b.section(ctx, &out, s); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	if page == "" {
		_, err := os.Stdout.Write(out.Bytes())
		return err
	}
	return os.WriteFile(page, out.Bytes(), 0o644)
}

func names() string {
	var all []string
	for _, s := range sections {
		all = append(all, s.name)
	}
	return strings.Join(all, ", ")
}

const preamble = `# Reproductions

What others have published, and what this program reaches under the same conditions. Made by

    go run ./bench/reproductions -data DIR -page docs/reproductions.md

` + "`DIR`" + ` holds the public texts; none of them is part of the project. Means are over replicates, with 95 % t intervals:
they cover initialisation, order of the examples and negatives on one fixed split. Losses are nats a symbol, by the
network's own exactly normalised probability over the whole part. "Aim" is what we set out to reach; a row that misses it
says so.
`

// file is a path in the temporary folder.
func (b *bench) file(name string) string { return filepath.Join(b.temporary, name) }
