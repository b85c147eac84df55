package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/spf13/cobra"

	"sweep/results"
)

func (a *app) queryCommand() *cobra.Command {
	var asCSV bool
	c := &cobra.Command{
		Use:   "query SQL",
		Short: "Ask the record in SQL, read-only",
		Long: "Query runs one SELECT over the views v_sweeps, v_trials, v_points, v_configurations and v_baselines. It\n" +
			"cannot write, and gives at most 10,000 rows in at most two seconds. `sweep schema` describes the views.",
		Example: examples(`sweep query "SELECT trial, val_perplexity FROM v_trials ORDER BY 2"`, "a table",
			`sweep query --csv "SELECT * FROM v_points WHERE sweep = 'hidden'"`, "for other programs"),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.query(cmd.Context(), args[0], asCSV) },
	}
	c.Flags().BoolVar(&asCSV, "csv", false, "comma-separated, with a header")
	a.jsonFlag(c)
	c.MarkFlagsMutuallyExclusive("csv", "json")
	return c
}

func (a *app) query(ctx context.Context, sql string, asCSV bool) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	r, err := s.Query(ctx, sql)
	if errors.Is(err, results.ErrQuery) {
		return &statusError{statusUsage, err}
	}
	if err != nil {
		return err
	}
	if r.Truncated {
		defer fmt.Fprintf(a.stderr, "sweep: only the first %s are shown\n", plural(len(r.Rows), "row"))
	}
	switch {
	case a.json:
		return a.queryJSON(r)
	case asCSV:
		w := csv.NewWriter(a.stdout)
		if err := w.Write(r.Columns); err != nil {
			return err
		}
		for _, row := range r.Rows {
			if err := w.Write(cells(row)); err != nil {
				return err
			}
		}
		w.Flush()
		return w.Error()
	}
	t := table{header: r.Columns}
	for _, row := range r.Rows {
		t.row(cells(row)...)
	}
	return t.write(a.stdout)
}

// queryJSON writes one object a row, keys in the order of the columns.
func (a *app) queryJSON(r results.Rows) error {
	for _, row := range r.Rows {
		var o orderedObject
		for i, c := range r.Columns {
			v := row[i]
			switch x := v.(type) {
			case []byte:
				v = string(x)
			case float64:
				if math.IsInf(x, 0) || math.IsNaN(x) {
					v = nil
				}
			}
			o.add(c, v)
		}
		if err := a.printJSON(&o); err != nil {
			return err
		}
	}
	return nil
}

func cells(row []any) []string {
	out := make([]string, len(row))
	for i, v := range row {
		switch v := v.(type) {
		case nil:
		case []byte:
			out[i] = string(v)
		case float64:
			out[i] = strconv.FormatFloat(v, 'g', -1, 64)
		default:
			out[i] = fmt.Sprint(v)
		}
	}
	return out
}
