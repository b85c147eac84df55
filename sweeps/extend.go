package sweeps

import (
	"bytes"
	"fmt"

	"gopkg.in/yaml.v3"
)

// Listing returns the source of a spec of another name that holds the given configurations and nothing else: what they have
// in common are constants, the rest are lists that advance together. Metric, seeds and replicates are the spec's own.
func (s *Spec) Listing(name, description string, configurations []Values) ([]byte, error) {
	top := &yaml.Node{Kind: yaml.MappingNode}
	set := func(key string, value *yaml.Node) { top.Content = append(top.Content, scalar(key), value) }
	set("name", valueNode(StringValue(name)))
	set("description", valueNode(StringValue(description)))
	set("method", scalar("grid"))
	set("metric", flowMap("name", StringValue(s.Metric.Name), "goal", StringValue(s.Metric.Goal())))
	if s.Replicates.Seeds != nil {
		var seeds []Value
		for _, seed := range s.Replicates.Seeds {
			seeds = append(seeds, IntValue(int64(seed))) //nolint:gosec // below 2^53
		}
		set("replicates", list(seeds))
	} else {
		set("replicates", valueNode(IntValue(int64(s.Replicates.N))))
	}
	set("seed", valueNode(IntValue(int64(s.Seed)))) //nolint:gosec // below 2^53
	params := &yaml.Node{Kind: yaml.MappingNode}
	together := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, first := range configurations[0] {
		var values []Value
		differ := false
		for _, c := range configurations {
			v, ok := c.Lookup(first.Name)
			if !ok || len(c) != len(configurations[0]) {
				return nil, fmt.Errorf("the configurations do not have the same parameters (%s), so that no lists can hold them", first.Name)
			}
			values = append(values, v)
			differ = differ || !v.Same(first.Value)
		}
		value := valueNode(first.Value)
		if differ {
			value = list(values)
			together.Content = append(together.Content, valueNode(StringValue(first.Name)))
		}
		params.Content = append(params.Content, valueNode(StringValue(first.Name)), value)
	}
	set("parameters", params)
	if len(together.Content) > 1 {
		set("zip", &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle, Content: []*yaml.Node{together}})
	}
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(top); err != nil {
		return nil, fmt.Errorf("write spec %s: %w", name, err)
	}
	return out.Bytes(), nil
}
