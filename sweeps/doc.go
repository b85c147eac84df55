// Package sweeps holds what a sweep is: the YAML specification with its distributions, the plan that it expands to,
// and the identity and states of its trials. It knows nothing of neural networks, databases or charts, and reads YAML
// for everybody else.
package sweeps
