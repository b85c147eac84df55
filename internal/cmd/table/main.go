// Command table writes the benchmark of package table from a record that holds the sweep nplm-names.
package main

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"

	"sweep/internal/table"
	"sweep/results"
)

const sweep = "nplm-names"

func main() {
	dir := flag.String("dir", "runs", "folder of the record")
	out := flag.String("out", "internal/table/nplm_names.csv.gz", "file to write")
	flag.Parse()
	if err := write(context.Background(), *dir, *out); err != nil {
		fmt.Fprintf(os.Stderr, "table: %v\n", err)
		os.Exit(1)
	}
}

// cell is what a configuration's line holds beside its parameters, by seed.
type cell struct {
	params map[string]any // as JSON has them
	final  [table.Seeds]string
	curve  [table.Seeds][]string
}

func write(ctx context.Context, dir, out string) error {
	s, err := results.Open(ctx, dir, results.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer s.Close()
	lines, err := lines(ctx, s)
	if err != nil {
		return err
	}
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return err
	}
	w := csv.NewWriter(z)
	if err := w.WriteAll(lines); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return f.Close()
}

func lines(ctx context.Context, s *results.Store) ([][]string, error) {
	trials, err := s.Trials(ctx, sweep)
	if err != nil {
		return nil, err
	}
	cells := map[string]*cell{}
	var order []string
	for _, t := range trials {
		c := cells[t.Configuration]
		if c == nil {
			c = &cell{}
			if err := json.Unmarshal(t.Params, &c.params); err != nil {
				return nil, err
			}
			cells[t.Configuration] = c
			order = append(order, t.Configuration)
		}
		if t.Value == nil {
			return nil, fmt.Errorf("trial %s has no value", t.Trial)
		}
		c.final[t.Replicate-1] = digits(*t.Value, 6)
		points, err := s.TrialPoints(ctx, sweep, t.Trial)
		if err != nil {
			return nil, err
		}
		for _, p := range points {
			if p.Metric == "val/perplexity" && p.Value != nil {
				c.curve[t.Replicate-1] = append(c.curve[t.Replicate-1], digits(*p.Value, 5))
			}
		}
	}
	head := append([]string{}, table.Params...)
	for i := range table.Seeds {
		head = append(head, fmt.Sprintf("value_%d", i))
	}
	for i := range table.Seeds {
		head = append(head, fmt.Sprintf("curve_%d", i))
	}
	out := [][]string{head}
	for _, id := range order {
		c := cells[id]
		var line []string
		for _, p := range table.Params {
			line = append(line, fmt.Sprint(c.params[p]))
		}
		line = append(line, c.final[:]...)
		for _, curve := range c.curve {
			line = append(line, strings.Join(curve, " "))
		}
		out = append(out, line)
	}
	return out, nil
}

// digits writes x with n digits.
func digits(x float64, n int) string { return strconv.FormatFloat(x, 'g', n, 64) }
