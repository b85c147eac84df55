package sweeps

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// WandB returns the sweep as a sweep configuration of W&B, and what of it W&B cannot say, a sentence each; the file begins
// with the same sentences. Replicates become a parameter seed, and points of a range become a list.
func (s *Spec) WandB() (file []byte, lost []string, err error) {
	doc, lost := &yaml.Node{Kind: yaml.MappingNode}, s.wandbLosses()
	set := func(key string, v *yaml.Node) { doc.Content = append(doc.Content, plainKey(key), v) }
	text := func(key, v string) {
		if v != "" {
			set(key, portable(StringValue(v)))
		}
	}
	text("name", s.Name)
	text("description", s.Description)
	text("project", s.Project)
	text("entity", s.Entity)
	text("program", s.Program)
	if s.Command != nil {
		words := make([]Value, len(s.Command))
		for i, w := range s.Command {
			words[i] = StringValue(w)
		}
		set("command", portableList(words))
	}
	set("method", scalar(wandbMethods[s.Method]))
	metric := portableMap("name", StringValue(s.Metric.Name), "goal", StringValue(s.Metric.Goal()))
	if t := s.Metric.Target; t != nil {
		metric.Content = append(metric.Content, scalar("target"), portable(FloatValue(*t)))
	}
	set("metric", metric)
	if n := s.wandbCap(); n > 0 {
		set("run_cap", portable(IntValue(int64(n))))
	}
	if e := s.EarlyTerminate; e != nil && e.Type == "hyperband" && e.Brackets == 0 {
		set("early_terminate", e.wandb())
	}
	params := &yaml.Node{Kind: yaml.MappingNode}
	for _, p := range s.Parameters {
		if p.Derive == nil {
			params.Content = append(params.Content, plainKey(p.Name), s.wandbParameter(p))
		}
	}
	if s.parameter("seed") == nil {
		params.Content = append(params.Content, plainKey("seed"), s.wandbSeeds())
	}
	set("parameters", params)
	var b bytes.Buffer
	for _, l := range lost {
		fmt.Fprintf(&b, "# %s\n", l)
	}
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(doc); err != nil {
		return nil, nil, fmt.Errorf("write sweep %s for W&B: %w", s.Name, err)
	}
	return b.Bytes(), lost, nil
}

// WandBConfig returns a run's values as W&B keeps them in config.yaml.
func WandBConfig(vs Values) ([]byte, error) {
	doc := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{scalar("wandb_version"), scalar("1")}}
	for _, v := range vs {
		if v.Value.Kind() != 0 {
			value := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{scalar("desc"), scalar("null"), scalar("value"), portable(v.Value)}}
			doc.Content = append(doc.Content, plainKey(v.Name), value)
		}
	}
	b, err := yaml.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("write configuration for W&B: %w", err)
	}
	return b, nil
}

// wandbMethods are the nearest methods of W&B.
var wandbMethods = map[string]string{"grid": "grid", "random": "random", "sobol": "random", "tpe": "bayes", "gp": "bayes"}

// wandbCap is how many runs a sweep may have, 0 for as many as there are.
func (s *Spec) wandbCap() int {
	n := s.Budget.Trials
	if c := s.Budget.Configurations * s.Replicates.N; c > 0 && (n == 0 || c < n) {
		n = c
	}
	return n
}

// wandbLosses says what W&B has no word for.
func (s *Spec) wandbLosses() []string {
	var out []string
	say := func(when bool, format string, args ...any) {
		if when {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	say(!s.External(), "The trials were trained by sweep itself: name a program of yours that takes these as --name=value and logs %s.", s.Metric.Name)
	say(s.Method == "sobol" || s.Method == "tpe", "The method was %s; W&B has none of that kind nearer than %s.", s.Method, wandbMethods[s.Method])
	say(s.Method != "grid" && s.Replicates.N > 1, "W&B draws a seed for each run; it does not train each configuration with all %d of them.", s.Replicates.N)
	for _, names := range s.Zip {
		say(true, "%s advanced together; W&B crosses them.", strings.Join(names, ", "))
	}
	for _, p := range s.Parameters {
		say(p.Derive != nil, "%s was derived from others, which the program has to do itself.", p.Name)
		say(len(p.When) > 0, "%s was there under a condition only; W&B always hands it over.", p.Name)
	}
	for _, c := range s.Constraints {
		say(true, "The constraint %s was held; W&B has none.", strings.Join(strings.Fields(c.Source), " "))
	}
	say(len(s.Include) > 0, "Configurations were added by include; W&B cannot.")
	say(len(s.Exclude) > 0, "Configurations were left out by exclude; W&B cannot.")
	say(s.Replicates.Max > 0, "Up to %d replicates raced; W&B has no races.", s.Replicates.Max)
	say(s.Confirm != nil, "Leaders were confirmed with new seeds; W&B does not.")
	if e := s.EarlyTerminate; e != nil {
		say(e.Type != "hyperband" || e.Brackets > 0, "Trials were stopped early by a rule that W&B does not have (%s).", e.Type)
	}
	return out
}

// wandbParameter is one parameter in W&B's words. A grid there takes lists and whole ranges only.
func (s *Spec) wandbParameter(p Parameter) *yaml.Node {
	d := p.Dist
	if s.Method == "grid" && d.Count > 0 {
		return portableMap("values", d.Grid())
	}
	f, _ := formOf(d.Type)
	n := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
	add := func(key string, v *yaml.Node) { n.Content = append(n.Content, scalar(key), v) }
	switch d.Type {
	case constant:
		add("value", portable(d.Values[0]))
		return n
	case categorical, weighted:
		add("values", portableList(d.Values))
	default:
		add("distribution", scalar(d.Type))
	}
	for _, key := range f.keys {
		number := FloatValue
		if d.Type == intUniform {
			number = func(x float64) Value { return IntValue(int64(x)) }
		}
		switch key {
		case "min":
			add(key, portable(number(d.Min)))
		case "max":
			add(key, portable(number(d.Max)))
		case "mu":
			add(key, portable(number(d.Mu)))
		case "sigma":
			add(key, portable(number(d.Sigma)))
		case "q":
			add(key, portable(numberLike(d.Q)))
		case "a":
			add(key, portable(number(d.A)))
		case "b":
			add(key, portable(number(d.B)))
		case "probabilities":
			values := make([]Value, len(d.Probabilities))
			for i, x := range d.Probabilities {
				values[i] = FloatValue(x)
			}
			add(key, portableList(values))
		}
	}
	return n
}

// wandbSeeds is the parameter seed: those of the replicates.
func (s *Spec) wandbSeeds() *yaml.Node {
	seeds := make([]Value, s.Replicates.N)
	for r := range seeds {
		seeds[r] = IntValue(int64(s.Replicates.Seed(s.Seed, r+1)))
	}
	if len(seeds) == 1 {
		return portableMap("value", seeds[0])
	}
	return portableMap("values", seeds)
}

// wandb is W&B's own stopping rule. It counts bands from either end.
func (e *EarlyTerminate) wandb() *yaml.Node {
	pairs := []any{"type", StringValue("hyperband")}
	if e.MinIter > 0 {
		pairs = append(pairs, "min_iter", IntValue(int64(e.MinIter)))
	} else {
		pairs = append(pairs, "max_iter", IntValue(int64(e.MaxIter)), "s", IntValue(int64(e.S)))
	}
	return portableMap(append(pairs, "eta", numberLike(e.Eta), "strict", BoolValue(e.Strict))...)
}

// portableMap is a mapping of names and values, or lists of values, in turns.
func portableMap(pairs ...any) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
	for i := 0; i < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		n.Content = append(n.Content, scalar(name))
		if vs, ok := pairs[i+1].([]Value); ok {
			n.Content = append(n.Content, portableList(vs))
		} else if v, ok := pairs[i+1].(Value); ok {
			n.Content = append(n.Content, portable(v))
		}
	}
	return n
}

func portableList(values []Value) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, v := range values {
		n.Content = append(n.Content, portable(v))
	}
	return n
}

// portable writes a value so that readers of YAML 1.1, such as PyYAML, take it for what it is: text in quotes, and a float
// with a point, for 1e-3 is text to them.
func portable(v Value) *yaml.Node {
	if s, ok := v.Text(); ok {
		n := &yaml.Node{}
		n.SetString(s)
		n.Style = yaml.DoubleQuotedStyle
		return n
	}
	if v.Kind() != Float {
		return scalar(v.String())
	}
	text := strconv.FormatFloat(v.f, 'g', -1, 64)
	if !strings.Contains(text, ".") {
		number, exponent, _ := strings.Cut(text, "e")
		if text = number + ".0"; exponent != "" {
			text += "e" + exponent
		}
	}
	return scalar(text)
}

// truthName matches names that YAML 1.1 reads as truth values or nothing.
var truthName = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null)$`)

// plainKey is a key of a mapping, in quotes where it would be no text.
func plainKey(name string) *yaml.Node {
	n := scalar(name)
	if truthName.MatchString(name) {
		n.SetString(name)
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}
