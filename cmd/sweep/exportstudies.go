package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"sweep/internal/mlflow"
	"sweep/internal/optuna"
)

// writeOptuna writes the sweep as the journal of one study.
func writeOptuna(ctx context.Context, e *exported, out string) error {
	x := optuna.Export{Sweep: e.Sweep, Trials: e.Trials, Points: e.Points}
	var err error
	if x.Provenance, err = e.store.Provenance(ctx, e.Sweep.Sweep); err != nil {
		return err
	}
	x.Spec, _ = e.app.recordedSpec(ctx, e.store, e.Sweep.Sweep) // without one, ranges are those of the values that there are
	return create(filepath.Join(out, "study.log"), func(w io.Writer) error { return optuna.Write(w, x) })
}

// sendMLflow writes the sweep to the MLflow server of an address.
func sendMLflow(ctx context.Context, e *exported, address string) error {
	client, err := mlflow.NewClient(address)
	if err != nil {
		return usage("--out: %w", err)
	}
	p, err := e.store.Provenance(ctx, e.Sweep.Sweep)
	if err != nil {
		return err
	}
	done, err := client.Export(ctx, mlflow.Export{Sweep: e.Sweep, Trials: e.Trials, Points: e.Points, Provenance: p})
	if errors.As(err, new(*mlflow.NetworkError)) {
		return &statusError{statusNetwork, err}
	}
	if err != nil {
		return err
	}
	if e.app.json {
		o := &orderedObject{}
		o.add("schema", "sweep.export/1")
		o.add("sweep", e.Sweep.Sweep)
		o.add("format", "mlflow")
		o.add("out", client.Address())
		o.add("experiment", done.Experiment)
		o.add("new", done.New)
		o.add("updated", done.Updated)
		o.add("kept", done.Kept)
		return e.app.printJSON(o)
	}
	_, err = fmt.Fprintf(e.app.stdout, "%s: %s new, %d updated, %d kept\n", client.Address(), plural(done.New, "run"), done.Updated, done.Kept)
	return err
}
