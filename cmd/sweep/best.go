package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sweep/results"
	"sweep/sweeps"
)

func (a *app) bestCommand() *cobra.Command {
	var metric, as string
	c := &cobra.Command{
		Use:   "best SWEEP",
		Short: "Name the best configuration and what cannot be told apart from it",
		Example: examples("sweep best hidden", "the answer and the ranking",
			"sweep best hidden --metric val/accuracy", "judged by another metric",
			"sweep best hidden --as args", "--hidden_size=200 ... for the next program",
			"sweep best hidden --as yaml | sed 's/^/  /'", "what stands under parameters: in a new spec"),
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeSweeps,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.best(cmd.Context(), args[0], metric, as) },
	}
	c.Flags().StringVar(&metric, "metric", "", "judge by this metric instead of the sweep's own")
	c.Flags().StringVar(&as, "as", "", "print only the winner's parameters, as yaml, args, env or json")
	a.jsonFlag(c)
	c.MarkFlagsMutuallyExclusive("as", "json")
	return c
}

func (a *app) best(ctx context.Context, sweep, metric, as string) error {
	switch as {
	case "", "yaml", "args", "env", "json":
	default:
		return usage("--as %s: yaml, args, env or json", as)
	}
	if strings.HasPrefix(metric, "test/") {
		return usage("--metric %s: a figure on the test part is honest only if it chose nothing; choose by val/%s", metric, metric[len("test/"):])
	}
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	answer, err := s.Answer(ctx, sweep, metric)
	if err != nil {
		return err
	}
	if as != "" {
		if answer.Best == nil {
			return notFound("sweep %s has no ranked configuration yet", sweep)
		}
		return a.printParams(answer.Best.Params, as)
	}
	if a.json {
		return a.printJSON(struct {
			Schema string `json:"schema"`
			results.Answer
		}{"sweep.best/1", answer})
	}
	fmt.Fprintln(a.stdout, visible(answer.Sentence))
	for _, o := range answer.OtherMetrics {
		fmt.Fprintln(a.stdout, visible(o))
	}
	for _, n := range answer.Notes {
		fmt.Fprintln(a.stdout, visible(n))
	}
	fmt.Fprintln(a.stdout)
	return a.printRanking(ctx, s, sweep, metric)
}

// printRanking writes a sweep's configurations, the best first.
func (a *app) printRanking(ctx context.Context, s *results.Store, sweep, metric string) error {
	rows, err := s.Configurations(ctx, sweep, metric)
	if err != nil {
		return err
	}
	trials, err := s.Trials(ctx, sweep)
	if err != nil {
		return err
	}
	swept := sweptNames(trials)
	t := table{header: append([]string{">rank"}, swept...)}
	name := metric
	if name == "" && len(rows) > 0 {
		name = rows[0].Metric
	}
	t.header = append(t.header, ">"+name, "95 % interval", ">n", "")
	for _, r := range rows {
		cells := []string{"-"}
		if r.Rank != nil {
			cells[0] = fmt.Sprint(*r.Rank)
		}
		for _, n := range swept {
			cells = append(cells, param(r.Params, n))
		}
		t.row(append(cells, number(r.Mean), interval(r.Low, r.High), fmt.Sprint(r.N), standing(r))...)
	}
	return t.write(a.stdout)
}

func standing(r results.Configuration) string {
	switch {
	case bool(r.Best):
		return "best"
	case bool(r.TiedWithBest) && r.Low != nil: // with one replicate that goes for all of them
		return "cannot be told apart from the best"
	case r.Rank == nil && r.N > 0:
		return "not ranked"
	}
	return ""
}

func interval(low, high *float64) string {
	if low == nil || high == nil {
		return "-"
	}
	return fmt.Sprintf("%s to %s", number(low), number(high))
}

// printParams writes a params object for another program.
func (a *app) printParams(params json.RawMessage, as string) error {
	if as == "json" {
		_, err := fmt.Fprintf(a.stdout, "%s\n", params)
		return err
	}
	var values map[string]sweeps.Value
	if err := json.Unmarshal(params, &values); err != nil {
		return err
	}
	var args []string
	variables := map[string]string{} // names of parameters
	for _, name := range paramNames(params) {
		v := values[name].String()
		switch as {
		case "yaml":
			args = append(args, fmt.Sprintf("%s: %s\n", yamlName(name), yamlText(values[name])))
		case "env":
			variable := strings.ToUpper(envName(name))
			if other, taken := variables[variable]; taken {
				return usage("--as env: parameters %s and %s would both be %s; take args, yaml or json", other, name, variable)
			}
			if reliedOn(variable) {
				return usage("--as env: parameter %s would be %s, by which shells and programs go; take args, yaml or json", name, variable)
			}
			variables[variable] = name
			args = append(args, fmt.Sprintf("%s=%s\n", variable, shellQuote(v)))
		default:
			args = append(args, shellQuote("--"+name+"="+v))
		}
	}
	sep, end := "", ""
	if as == "args" {
		sep, end = " ", "\n"
	}
	_, err := fmt.Fprint(a.stdout, strings.Join(args, sep), end)
	return err
}

// reliedOn reports whether a variable has a meaning for shells, the loader or many programs, which a hyperparameter of that
// name would take from it.
func reliedOn(variable string) bool {
	for _, prefix := range []string{"LD_", "DYLD_", "PYTHON", "BASH", "LC_", "GIT_", "SSH_", "XDG_", "SWEEP_"} {
		if strings.HasPrefix(variable, prefix) {
			return true
		}
	}
	return slices.Contains([]string{
		"PATH", "HOME", "SHELL", "USER", "LOGNAME", "USERNAME", "HOSTNAME", "PWD", "OLDPWD", "CDPATH", "IFS", "ENV", "UID", "EUID", "GID",
		"PPID", "GROUPS", "SHLVL", "SHELLOPTS", "OPTIND", "OPTARG", "RANDOM", "SECONDS", "LINENO", "PS1", "PS2", "PS3", "PS4",
		"PROMPT_COMMAND", "HISTFILE", "FPATH", "ZDOTDIR", "TERM", "DISPLAY", "LANG", "LANGUAGE", "TZ", "MAIL", "EDITOR",
		"VISUAL", "PAGER", "TMPDIR", "TMP", "TEMP", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "NODE_OPTIONS", "NODE_PATH",
		"PERL5LIB", "PERL5OPT", "RUBYLIB", "RUBYOPT", "CLASSPATH", "JAVA_HOME", "JAVA_TOOL_OPTIONS", "PATHEXT", "COMSPEC", "SYSTEMROOT",
	}, variable)
}

// envName turns a parameter's name into one that a shell takes.
func envName(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '.' || r == '-' {
			return '_'
		}
		return r
	}, name)
}

// shellQuote writes a word that any shell reads back as it is.
func shellQuote(s string) string {
	plain := s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=:,+@%", r))
	})
	if plain {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
