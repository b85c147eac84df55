package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"sweep/results"
)

func (a *app) schemaCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "schema [VIEW]",
		Short: "Describe the views of the record: columns, units, meaning",
		Example: examples("sweep schema", "every view", "sweep schema v_trials", "one of them",
			"sweep schema --json", "one object a view"),
		Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
			for _, v := range results.Views() {
				if len(args) == 0 {
					names = append(names, v.View)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			views := results.Views()
			if len(args) > 0 {
				v, err := results.ViewNamed(args[0])
				if err != nil {
					return usage("%w", err)
				}
				views = []results.View{v}
			}
			return a.schema(views)
		},
	}
	a.jsonFlag(c)
	return c
}

func (a *app) schema(views []results.View) error {
	for i, v := range views {
		if a.json {
			if err := a.printJSON(struct {
				Schema string `json:"schema"`
				results.View
			}{"sweep.schema/1", v}); err != nil {
				return err
			}
			continue
		}
		if i > 0 {
			fmt.Fprintln(a.stdout)
		}
		fmt.Fprintf(a.stdout, "%s: %s\n\n", v.View, v.About)
		t := table{header: []string{"column", "type", "unit", "meaning"}}
		for _, c := range v.Columns {
			t.row(c.Column, c.Type, c.Unit, c.Meaning)
		}
		if err := t.write(a.stdout); err != nil {
			return err
		}
	}
	return nil
}
