package sweeps

import "regexp"

// Limits of a spec. They are far above what people write and far below what would hurt the machine that reads it.
const (
	maxBytes   = 1 << 20
	maxDepth   = 64
	maxNodes   = 20_000 // aliases and merge keys expanded
	maxAliases = 100

	// MaxGrid is the greatest number of configurations of a plan.
	MaxGrid = 1_000_000
	// MaxReplicates is the greatest number of seeds a configuration may have.
	MaxReplicates = 10_000
	// maxWhole bounds whole numbers: beyond it JSON, and so the identity of trials, would lose digits.
	maxWhole = 1<<53 - 1
)

const (
	parameterPattern = `^[A-Za-z_][A-Za-z0-9_.-]*$`
	namePattern      = `^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`
)

var (
	parameterName = regexp.MustCompile(parameterPattern)
	sweepName     = regexp.MustCompile(namePattern)
	notInName     = regexp.MustCompile(`[^A-Za-z0-9._-]+`)
)

// IsName reports whether a sweep may have the name.
func IsName(s string) bool { return sweepName.MatchString(s) }

// Spelling returns the name of a sweep that comes closest to s, "" if there is none.
func Spelling(s string) string { return spelling(s) }

// spelling returns the sweep name that comes closest to s, "" if there is none.
func spelling(s string) string {
	s = notInName.ReplaceAllString(s, "-")
	for s != "" && !isAlphanumeric(s[0]) {
		s = s[1:]
	}
	s = s[:min(len(s), 128)]
	for s != "" && s[len(s)-1] == '-' {
		s = s[:len(s)-1]
	}
	return s
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}
