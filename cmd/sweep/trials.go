package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"sweep/internal/spreadsheet"
	"sweep/results"
	"sweep/sweeps"
)

// trialsFlags say which trials are listed, in what order, and what of them.
type trialsFlags struct {
	results.Selection
	columns []string
	csv     bool
}

func (a *app) trialsCommand() *cobra.Command {
	var f trialsFlags
	c := &cobra.Command{
		Use:   "trials SWEEP",
		Short: "List a sweep's trials",
		Long: "Trials lists a sweep's trials, retired ones too. Names are the columns of v_trials (`sweep schema v_trials`) and\n" +
			"the sweep's parameters: hidden_size, or param.hidden_size where a column has that name. --where takes an\n" +
			"expression of SQL, bounded as `sweep query` is.",
		Example: examples("sweep trials hidden", "one line a trial, in running order",
			"sweep trials hidden --json", "the columns of v_trials, one object a line",
			"sweep trials hidden --where 'hidden_size > 50 AND seconds < 60' --sort -val_accuracy", "some, the best first",
			"sweep trials hidden --columns trial,hidden_size,val_loss --csv", "for other programs"),
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeSweeps,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.trials(cmd.Context(), args[0], f) },
	}
	c.Flags().StringVar(&f.Where, "where", "", "only trials for which this expression of SQL holds")
	c.Flags().StringSliceVar(&f.Sort, "sort", nil, "sort by these names, a dash before one turns it round: --sort hidden_size,-val_loss")
	c.Flags().StringSliceVar(&f.columns, "columns", nil, "show these names only: --columns trial,hidden_size,val_loss")
	c.Flags().BoolVar(&f.csv, "csv", false, "comma-separated, with a header; parameters as param.NAME")
	a.jsonFlag(c)
	c.MarkFlagsMutuallyExclusive("csv", "json")
	return c
}

func (a *app) trials(ctx context.Context, sweep string, f trialsFlags) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	sw, err := s.Sweep(ctx, sweep)
	if err != nil {
		return err
	}
	all, err := s.Trials(ctx, sweep)
	if err != nil {
		return err
	}
	params, err := results.ParamNames(all)
	if err != nil {
		return err
	}
	var columns []string
	for _, name := range f.columns {
		full, err := results.Names{Params: params, Metric: sw.Metric}.Resolve(strings.TrimSpace(name))
		if err != nil {
			return &statusError{statusUsage, fmt.Errorf("--columns %s: %w", name, err)}
		}
		columns = append(columns, full)
	}
	rows, truncated, err := s.Select(ctx, sweep, f.Selection)
	if errors.Is(err, results.ErrQuery) {
		return &statusError{statusUsage, fmt.Errorf("%w; `sweep schema v_trials` lists the columns", err)}
	}
	if err != nil {
		return err
	}
	if truncated {
		defer fmt.Fprintf(a.stderr, "sweep: only the first %s are shown\n", plural(len(rows), "trial"))
	}
	switch {
	case f.csv && columns == nil:
		for _, c := range results.TrialColumns() {
			if c != "params" {
				columns = append(columns, c)
			}
		}
		for _, p := range params {
			columns = append(columns, "param."+p)
		}
		fallthrough
	case f.csv:
		return a.trialsCSV(rows, columns)
	case a.json && columns != nil:
		return a.trialsJSON(rows, columns, f.columns)
	case a.json:
		return printEach(a, rows)
	case columns != nil:
		return a.trialsColumns(rows, columns, f.columns)
	}
	return a.trialsTable(rows, sweptNames(all), sw.Metric)
}

func (a *app) trialsTable(rows []results.Trial, swept []string, metric string) error {
	t := table{header: append([]string{"trial"}, swept...)}
	t.header = append(t.header, "replicate", "state", ">"+metric, ">val accuracy", ">steps", ">time", "")
	for _, r := range rows {
		cells := []string{r.Trial}
		for _, name := range swept {
			cells = append(cells, param(r.Params, name))
		}
		note := ""
		if r.Retired {
			note = "retired"
		}
		if r.Error != nil {
			note = strings.TrimSpace(note + " " + firstLine(*r.Error))
		}
		note = strings.TrimSpace(note + " " + remarks(r.Tags, r.Notes))
		t.row(append(cells, fmt.Sprint(r.Replicate), r.State, number(r.Value), number(r.ValAccuracy),
			grouped(r.Steps), seconds(r.Seconds), note)...)
	}
	t.leaveOut(">val accuracy", ">steps") // which programs may not report
	return t.write(a.stdout)
}

// trialsCSV writes columns with all their digits; NULL is empty, and no text a formula.
func (a *app) trialsCSV(rows []results.Trial, columns []string) error {
	w := csv.NewWriter(a.stdout)
	if err := w.Write(columns); err != nil {
		return err
	}
	for _, r := range rows {
		cells, err := r.Cells(columns)
		if err != nil {
			return err
		}
		line := make([]string, len(columns))
		for i, v := range cells {
			line[i] = plain(v)
			if bytes.HasPrefix(v, []byte{'"'}) {
				line[i] = spreadsheet.Text(line[i])
			}
		}
		if err := w.Write(line); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// trialsJSON writes one object a trial, keys as they were asked for.
func (a *app) trialsJSON(rows []results.Trial, columns, keys []string) error {
	for _, r := range rows {
		cells, err := r.Cells(columns)
		if err != nil {
			return err
		}
		var o orderedObject
		for i, v := range cells {
			o.add(strings.TrimSpace(keys[i]), v)
		}
		if err := a.printJSON(&o); err != nil {
			return err
		}
	}
	return nil
}

// trialsColumns writes columns for people; those with numbers stand to the right.
func (a *app) trialsColumns(rows []results.Trial, columns, keys []string) error {
	t := table{header: make([]string, len(columns))}
	for i, key := range keys {
		t.header[i] = strings.TrimSpace(key)
	}
	numeric := make([]bool, len(columns))
	for _, r := range rows {
		cells, err := r.Cells(columns)
		if err != nil {
			return err
		}
		line := make([]string, len(columns))
		for i, v := range cells {
			line[i] = firstLine(plain(v))
			var f float64
			if string(v) == "null" || json.Unmarshal(v, &f) != nil {
				continue
			}
			if numeric[i] = true; strings.ContainsAny(line[i], ".e") && !strings.HasPrefix(columns[i], "param.") {
				line[i] = figure(f)
			}
		}
		t.row(line...)
	}
	for i, n := range numeric {
		if n {
			t.header[i] = ">" + t.header[i]
		}
	}
	return t.write(a.stdout)
}

// plain writes a JSON value as people do: texts without quotes, null as nothing.
func plain(v json.RawMessage) string {
	var text string
	switch {
	case string(v) == "null":
		return ""
	case json.Unmarshal(v, &text) == nil:
		return text
	}
	return string(v)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// param reads one value out of a params object; an absent one is "".
func param(params json.RawMessage, name string) string {
	var m map[string]sweeps.Value
	if json.Unmarshal(params, &m) != nil {
		return ""
	}
	return m[name].String()
}

// sweptNames lists the parameters that differ among trials that are not retired, in the spec's order.
func sweptNames(rows []results.Trial) []string {
	var order []string
	first := map[string]string{}
	differ := map[string]bool{}
	seen := 0
	for _, r := range rows {
		if r.Retired {
			continue
		}
		names := paramNames(r.Params)
		if seen == 0 {
			order = names
		}
		for _, n := range names {
			v := param(r.Params, n)
			if seen == 0 {
				first[n] = v
			} else if first[n] != v {
				differ[n] = true
			}
		}
		seen++
	}
	var out []string
	for _, n := range order {
		if differ[n] {
			out = append(out, n)
		}
	}
	return out
}

// paramNames lists the names in a params object in their order.
func paramNames(params json.RawMessage) []string {
	d := json.NewDecoder(strings.NewReader(string(params)))
	var names []string
	if _, err := d.Token(); err != nil {
		return nil
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return names
		}
		if name, ok := t.(string); ok {
			names = append(names, name)
		}
		var skip json.RawMessage
		if d.Decode(&skip) != nil {
			return names
		}
	}
	return names
}
