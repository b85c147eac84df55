package kernel

import "testing"

// TestPeakFlops requires a peak of every path that has a loop for it, and none of plain Go.
func TestPeakFlops(t *testing.T) {
	old := active
	defer func() { active = old }()
	for p := range pathNames {
		if active = path(p); !supported(active) {
			continue
		}
		if got := PeakFlops(); (got > 0) != (active != generic) {
			t.Errorf("%s: %g flops a second", active, got)
		}
	}
}
