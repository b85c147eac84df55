package main

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"sweep/sweeps"
)

func (a *app) refineCommand() *cobra.Command {
	var metric string
	c := &cobra.Command{
		Use:   "refine SWEEP",
		Short: "Print a new spec that looks around the best configuration",
		Long: "Refine prints the sweep's spec under another name with narrower ranges: a third of each around the best\n" +
			"configuration, and beyond the edge where that lies on one. Nothing is run.",
		Example:           examples("sweep refine tpe > tpe-2.yaml", "then: sweep run tpe-2.yaml"),
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeSweeps,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, _, spec, err := a.openRecorded(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			defer s.Close()
			answer, err := s.Answer(cmd.Context(), args[0], metric)
			if err != nil {
				return err
			}
			if answer.Best == nil {
				return &statusError{statusNotFound, errNothingRanked(answer.Sentence)}
			}
			var best sweeps.Values
			if err := json.Unmarshal(answer.Best.Params, &best); err != nil {
				return err
			}
			p, err := s.Provenance(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			text, err := spec.Refine(best, args[0]+"-refined", p.Imported())
			if err != nil {
				return err
			}
			_, err = a.stdout.Write(text)
			return err
		},
	}
	c.Flags().StringVar(&metric, "metric", "", "the best by this metric (default: the sweep's)")
	return c
}

// errNothingRanked says why a sweep has no best configuration.
type errNothingRanked string

func (e errNothingRanked) Error() string { return string(e) }
