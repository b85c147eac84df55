package sweeps

import (
	"embed"
	"io/fs"
	"slices"
)

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema of a spec, for editors.
func Schema() []byte { return schema }

//go:embed *.yaml
var shipped embed.FS

// Shipped returns the specs that come with the program, by file name.
func Shipped() fs.FS { return shipped }

// Load reads a spec and holds it against what the trainer offers. file names it in messages. Each of set replaces one
// value, as in "parameters.hidden_size=300" or "replicates=1"; the value is YAML. The error, if any, is Problems: every
// mistake at once, in the order of the file.
func Load(file string, src []byte, t Trainer, set ...string) (*Spec, error) {
	top, problems := parse(file, src)
	if top == nil || top.kind == emptyNode {
		return nil, problems.err()
	}
	for _, s := range set {
		problems = append(problems, override(top, s)...)
	}
	spec, shape := decode(file, src, top)
	problems = slices.Concat(problems, shape, check(spec, t, shape))
	if len(problems) > 0 {
		return nil, problems.err()
	}
	spec.Warnings = Problems(spec.Warnings).sorted()
	return spec, nil
}
