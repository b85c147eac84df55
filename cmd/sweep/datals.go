package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"sweep/trainer/corpus"
	"sweep/trainer/corpus/library"
)

func (a *app) dataLsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "ls",
		Short: "List the built-in, fetched and imported corpora",
		Long: "Ls lists what may be named as a corpus: the built-in ones, those that `data get` has fetched and those that\n" +
			"`data import` has made, with the size and SHA-256 that their texts are checked against. Any text file is a corpus,\n" +
			"too, by its path.",
		Example: examples("sweep data ls", "names, contents, sources", "sweep data get", "what can be fetched by name"),
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			rows := builtinRows()
			lib, err := library.Default()
			if err == nil {
				var held []library.Held
				if held, err = lib.List(); err == nil {
					rows = append(rows, heldRows(held)...)
				}
			}
			if err != nil { // the built-in ones are there all the same
				fmt.Fprintf(a.stderr, "sweep: %v\n", err)
			}
			if a.json {
				return printEach(a, rows)
			}
			return a.printCorpora(rows)
		},
	}
	a.jsonFlag(c)
	return c
}

// corpusRow is a line of `data ls`.
type corpusRow struct {
	Corpus      string `json:"corpus"`
	Description string `json:"description"`
	Source      string `json:"source"`
	Kind        string `json:"kind"` // built-in, fetched or imported
	Bytes       int64  `json:"bytes,omitempty"`
	SHA256      string `json:"sha256,omitempty"`
	Path        string `json:"path,omitempty"`
	Documents   int64  `json:"documents,omitempty"`
	Damage      string `json:"damage,omitempty"`
}

func builtinRows() []corpusRow {
	var rows []corpusRow
	for _, b := range corpus.List() {
		rows = append(rows, corpusRow{Corpus: b.Name, Description: b.Description, Source: b.Source, Kind: "built-in"})
	}
	return rows
}

func heldRows(held []library.Held) []corpusRow {
	var rows []corpusRow
	for _, h := range held {
		r := corpusRow{Corpus: h.Name, Kind: "imported", Bytes: h.Size, SHA256: h.SHA256, Path: h.Path}
		if p, ok := library.Lookup(h.Name); ok {
			r.Kind, r.Description, r.Source = "fetched", p.Description, p.Source
		} else if m := h.Manifest; m != nil {
			var files []string
			for _, o := range m.Sources {
				files = append(files, o.Path)
			}
			r.Documents, r.Description, r.Source = m.Documents, plural(int(m.Documents), "document"), strings.Join(files, ", ")
		}
		if h.Err != nil {
			r.Damage = h.Err.Error()
		}
		rows = append(rows, r)
	}
	return rows
}

func (a *app) printCorpora(rows []corpusRow) error {
	const widest = 60 // of a list of sources
	t := table{header: []string{"corpus", "kind", ">bytes", "sha256", "what it is", "source"}}
	for _, r := range rows {
		bytes := "-"
		if r.Bytes > 0 {
			bytes = grouped(r.Bytes)
		}
		what := r.Description
		if r.Damage != "" {
			what = "DAMAGED"
		}
		source := r.Source
		if r.Kind == "imported" {
			source = cut(printable(source), widest)
		}
		t.row(r.Corpus, r.Kind, bytes, fmt.Sprintf("%.12s", r.SHA256), what, source)
	}
	if err := t.write(a.stdout); err != nil {
		return err
	}
	for _, r := range rows {
		if r.Damage != "" {
			fmt.Fprintf(a.stderr, "sweep: %s: %s\n", r.Corpus, r.Damage)
		}
	}
	return nil
}
