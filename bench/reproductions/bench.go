package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// bench runs the program.
type bench struct {
	data, dir, program, temporary string
	workers                       int
}

// prepare builds the program, unless one is given.
func (b *bench) prepare(ctx context.Context) (err error) {
	if b.temporary, err = os.MkdirTemp("", "reproductions-*"); err != nil {
		return err
	}
	if b.program == "" {
		b.program = b.file("sweep")
		build := exec.CommandContext(ctx, "go", "build", "-o", b.program, "./cmd/sweep")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("build the program: %w", err)
		}
	}
	return nil
}

// sweep runs a verb and returns what it prints.
func (b *bench) sweep(ctx context.Context, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, b.program, args...)
	c.Env = append(os.Environ(), "SWEEP_DIR="+b.dir)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) } // it writes a checkpoint
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, os.Stderr
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("sweep %s: %w", strings.Join(args, " "), err)
	}
	return out.Bytes(), nil
}

// local is the path of a spec beside this file, shipped of one that the program comes with.
func local(spec string) string   { return filepath.Join("bench", "reproductions", spec+".yaml") }
func shipped(spec string) string { return filepath.Join("sweeps", spec+".yaml") }

// ending is the last event of a run: what is said of the best configuration's networks.
type ending struct {
	Mixtures []mixture `json:"mixtures"` // with count models
	Withheld *struct {
		Share      float64  `json:"share"`
		Network    float64  `json:"network_probability"`
		Counts     float64  `json:"count_probability"`
		With       string   `json:"with"`
		Difference float64  `json:"difference"`
		Low        *float64 `json:"low"`
		High       *float64 `json:"high"`
	} `json:"withheld"`
}

// train runs a spec over given texts.
func (b *bench) train(ctx context.Context, spec string, texts map[string]string) (e ending, err error) {
	args := []string{"run", spec, "--json", "--workers", fmt.Sprint(b.workers)}
	out, err := b.sweep(ctx, append(args, sets(texts)...)...)
	if err != nil {
		return e, err
	}
	events, err := lines[ending](out)
	if err != nil || len(events) == 0 {
		return e, fmt.Errorf("sweep run %s told of no end: %w", spec, err)
	}
	return events[len(events)-1], nil
}

// sets are the flags that give a spec its texts.
func sets(texts map[string]string) []string {
	var args []string
	for _, name := range []string{"corpus", "val_corpus", "test_corpus"} {
		if path, ok := texts[name]; ok {
			args = append(args, "--set", fmt.Sprintf("parameters.%s=%s", name, path))
		}
	}
	return args
}

// trial is what a page needs of a row of v_trials.
type trial struct {
	Configuration  string         `json:"configuration"`
	State          string         `json:"state"`
	Retired        int            `json:"retired"`
	Params         map[string]any `json:"params"`
	ValLoss        *float64       `json:"val_loss"`
	ValPerplexity  *float64       `json:"val_perplexity"`
	TestLoss       *float64       `json:"test_loss"`
	TestPerplexity *float64       `json:"test_perplexity"`
	Parameters     int64          `json:"parameters"`
	Seconds        float64        `json:"seconds"`
}

// figure returns one by the name of its column.
func (t trial) figure(name string) *float64 {
	switch name {
	case "val_loss":
		return t.ValLoss
	case "val_perplexity":
		return t.ValPerplexity
	case "test_loss":
		return t.TestLoss
	}
	return t.TestPerplexity
}

// trials lists those of a sweep that its spec still asks for.
func (b *bench) trials(ctx context.Context, sweep string) (all []trial, err error) {
	out, err := b.sweep(ctx, "trials", sweep, "--json")
	if err != nil {
		return nil, err
	}
	return lines[trial](out)
}

// lines decodes an object a line.
func lines[T any](text []byte) (all []T, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	for {
		var x T
		switch err := d.Decode(&x); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, err
		}
		all = append(all, x)
	}
}
