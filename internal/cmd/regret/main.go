// Command regret measures samplers on tables of benchmarks: what is left between the best configuration that a sampler
// has found and the best of all. A table is a gzipped CSV file with a line a configuration: its parameters, and in the
// columns value_0, value_1, ... what it came to with as many seeds. Files whose names start with hpobench hold values
// to be maximised, all others values to be minimised.
//
//	go run ./internal/cmd/regret -tables DIR -sampler tpe -seeds 20 -trials 100
//
// A trial's value is one of its configuration's values, drawn at random, so that the sampler sees the noise. Regret is
// measured on means: (mean of the best configuration so far - best mean) / (median mean - best mean). It prints one
// CSV line a table: table, sampler, version, seeds, trials, regret after 10, 25, 50, 100 and 200 trials (the
// interquartile mean over the seeds), milliseconds that the sampler took a trial.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"sweep/sweeps/sampler"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "regret: %v\n", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	tables, sampler, incumbent string
	seeds, trials, parallel    int
}

func run(args []string, out io.Writer) error {
	var o options
	f := flag.NewFlagSet("regret", flag.ContinueOnError)
	f.StringVar(&o.tables, "tables", "", "folder of *.csv.gz, or one such file")
	f.StringVar(&o.sampler, "sampler", "tpe", "random, sobol, tpe or gp")
	f.IntVar(&o.seeds, "seeds", 20, "searches of each table")
	f.IntVar(&o.trials, "trials", 100, "trials of a search")
	f.IntVar(&o.parallel, "parallel", 1, "trials that are under way at a time")
	f.StringVar(&o.incumbent, "incumbent", "observed", "the best so far by: observed (value), or mean (of a Gaussian process)")
	if err := f.Parse(args); err != nil {
		return err
	}
	files := []string{o.tables}
	if fi, err := os.Stat(o.tables); err != nil {
		return fmt.Errorf("-tables: %w", err)
	} else if fi.IsDir() {
		files, _ = filepath.Glob(filepath.Join(o.tables, "*.csv.gz")) // the pattern is sound
	}
	if len(files) == 0 {
		return fmt.Errorf("-tables %s: no *.csv.gz in it", o.tables)
	}
	if o.seeds < 1 || o.trials < 1 || o.parallel < 1 || o.incumbent != "observed" && o.incumbent != "mean" {
		return fmt.Errorf("-seeds, -trials and -parallel are at least 1, -incumbent is observed or mean")
	}
	fmt.Fprint(out, "table,sampler,version,seeds,trials")
	for _, m := range o.marks() {
		fmt.Fprintf(out, ",regret@%d", m)
	}
	fmt.Fprintln(out, ",ms_per_trial")
	for _, file := range files {
		t, err := readTable(file)
		if err != nil {
			return err
		}
		if err := o.measure(t, out); err != nil {
			return err
		}
	}
	return nil
}

// marks are the numbers of trials after which regret is told.
func (o options) marks() []int {
	return slices.DeleteFunc([]int{10, 25, 50, 100, 200}, func(m int) bool { return m > o.trials })
}

// measure searches one table with every seed and prints its line.
func (o options) measure(t *table, out io.Writer) error {
	regrets := make([][]float64, o.seeds) // by seed, at the marks
	took := make([]time.Duration, o.seeds)
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for seed := range o.seeds {
		g.Go(func() (err error) {
			regrets[seed], took[seed], err = o.search(t, uint64(seed))
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	var total time.Duration
	for _, d := range took {
		total += d
	}
	fields := []string{t.name, o.sampler, "sweep", fmt.Sprint(o.seeds), fmt.Sprint(o.trials)}
	for i := range o.marks() {
		var at []float64
		for _, r := range regrets {
			at = append(at, r[i])
		}
		fields = append(fields, fmt.Sprintf("%.5f", middleMean(at)))
	}
	fields = append(fields, fmt.Sprintf("%.2f", total.Seconds()*1000/float64(o.seeds*o.trials)))
	_, err := fmt.Fprintln(out, strings.Join(fields, ","))
	return err
}

// middleMean is the mean without the lowest and the highest quarter.
func middleMean(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	cut := len(x) / 4
	x = x[cut : len(x)-cut]
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

func newSampler(name string, s sampler.Space, seed uint64) (sampler.Sampler, error) {
	switch name {
	case "random":
		return sampler.Random{Space: s, Seed: seed}, nil
	case "gp":
		return sampler.GP{Space: s, Seed: seed}, nil
	case "tpe":
		return sampler.TPE{Space: s, Seed: seed}, nil
	}
	return nil, fmt.Errorf("-sampler %s: random, sobol, tpe or gp", name)
}
