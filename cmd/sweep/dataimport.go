package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"sweep/trainer/corpus"
	"sweep/trainer/corpus/library"
	"sweep/trainer/corpus/library/intake"
)

func (a *app) dataImportCommand() *cobra.Command {
	var o intake.Options
	c := &cobra.Command{
		Use:   "import FILE... --name NAME",
		Short: "Make local files a corpus with a name",
		Long: "Import makes one text of local files and keeps it in the user's cache directory (the folder sweep/data there, or\n" +
			"data under SWEEP_CACHE) as NAME.txt, with its hash, counts and sources in NAME.json. The name is a corpus then,\n" +
			"from any directory, and its text is checked against the hash whenever it is read.\n\n" +
			"A file's form is told by its end: .jsonl, .ndjson and .json hold a JSON object a line, .parquet a table, anything\n" +
			"else a document a line; .gz and .zst are unpacked, but for Parquet. Line ends within a document become a space,\n" +
			"and those around it go; records without a text (null) and blank ones are left out. Both are counted. Text that is\n" +
			"no UTF-8 is refused with its place.",
		Example: examples("sweep data import books/*.txt --name books", "then, in a spec: corpus: books",
			"sweep data import news.jsonl.gz --field body --name news", "JSON lines; --field is text unless given",
			"sweep data import train.parquet --column review --name reviews", "a column of Parquet"),
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.Name == "" {
				return usage("--name is missing: what is the corpus to be called?")
			}
			o.Files = args
			return a.importText(cmd.Context(), o)
		},
	}
	c.Flags().StringVar(&o.Name, "name", "", "what to call the corpus: lower-case letters, digits, - and _")
	c.Flags().StringVar(&o.Field, "field", "", "field of JSON lines that holds the text (default text)")
	c.Flags().StringVar(&o.Column, "column", "", "column of Parquet that holds the text, a nested one as outer.inner (default text)")
	c.Flags().BoolVar(&o.Replace, "replace", false, "replace an imported corpus of that name")
	c.Flags().BoolVarP(&a.quiet, "quiet", "q", false, "print nothing but errors")
	a.jsonFlag(c)
	return c
}

func (a *app) importText(ctx context.Context, o intake.Options) error {
	lib, err := library.Default()
	if err != nil {
		return &statusError{statusRecord, err}
	}
	e, err := intake.Import(ctx, lib, o)
	if err != nil {
		return importError(ctx, o, err)
	}
	m := e.Manifest
	switch {
	case a.json:
		return a.printJSON(struct {
			library.Manifest
			Path string `json:"path"`
		}{*m, e.Path})
	case a.quiet:
		return nil
	}
	var left []string
	for _, c := range []struct {
		n    int64
		what string
	}{{m.Nulls, "without a text left out"}, {m.Empty, "blank left out"}, {m.Joined, "with line ends, now spaces"}} {
		if c.n > 0 {
			left = append(left, grouped(c.n)+" "+c.what)
		}
	}
	documents := grouped(m.Documents)
	if len(left) > 0 {
		documents += "; " + strings.Join(left, ", ")
	}
	return pairs(a.stdout, "name", m.Name, "file", e.Path, "documents", documents, "bytes", grouped(m.Size), "sha256", m.SHA256,
		"use", "corpus: "+m.Name)
}

// importError gives what ended an import its exit status: the cache and the disk 4, the files and the name 2.
func importError(ctx context.Context, o intake.Options, err error) error {
	var inCache *fs.PathError
	switch {
	case ctx.Err() != nil:
		return err
	case errors.As(err, new(*intake.SourceError)), errors.As(err, new(*corpus.OptionError)):
		return &statusError{statusUsage, err}
	case errors.Is(err, library.ErrExists):
		return usage("a corpus %s is there already; --replace it, remove it with sweep data rm %s, or choose another name", o.Name, o.Name)
	case errors.As(err, new(*library.FullError)), errors.Is(err, library.ErrBusy), errors.As(err, &inCache):
		return &statusError{statusRecord, err}
	}
	return &statusError{statusUsage, err}
}

func (a *app) dataRmCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "rm NAME...",
		Short:   "Remove fetched or imported corpora",
		Example: examples("sweep data rm tinyshakespeare", "fetch it again whenever you like"),
		Args:    cobra.MinimumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			if lib, err := library.Default(); err == nil {
				held, _ := lib.List()
				for _, h := range held {
					names = append(names, h.Name)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			lib, err := library.Default()
			if err != nil {
				return &statusError{statusRecord, err}
			}
			for _, name := range args {
				if err := a.removeText(lib, name); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func (a *app) removeText(lib *library.Library, name string) error {
	removed, err := lib.Remove(name)
	if errors.Is(err, library.ErrUnknown) {
		return unknownHeld(lib, name)
	}
	for _, path := range removed {
		fmt.Fprintln(a.stdout, "removed", filepath.Clean(path))
	}
	if err != nil {
		return &statusError{statusRecord, err}
	}
	return nil
}

func unknownHeld(lib *library.Library, name string) error {
	for _, b := range corpus.List() {
		if b.Name == name {
			return usage("%s is built in and stays", name)
		}
	}
	held, err := lib.List()
	if err != nil {
		return &statusError{statusRecord, err}
	}
	names := make([]string, len(held))
	for i, h := range held {
		names[i] = h.Name
	}
	hint := "nothing is there"
	if near := corpus.Suggest(name, names); near != "" {
		hint = "did you mean " + near
	} else if len(names) > 0 {
		hint = "there is " + strings.Join(names, ", ")
	}
	return usage("no fetched or imported corpus %q; %s", name, hint)
}
