// Sweep finds the hyperparameters that suit a model, and says how sure it is.
//
// A YAML file names hyperparameters and their values; every configuration is trained, several times with different
// seeds, in parallel; every metric goes into SQLite; charts and one HTML page give the answer with its uncertainty.
//
//	sweep run sweeps/hidden.yaml
//
// Run `sweep help` for the verbs. This command holds flags, signals, progress and wiring, one file a verb; the work is
// done by the packages that it imports.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}
