package stats

import (
	"encoding/json"
	"os"
	"testing"
)

func TestRanksAndSignsAsSciPy(t *testing.T) {
	b, err := os.ReadFile("testdata/ranks.json") // testdata/ranks.txt is the script
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Differences []float64
		Flip, Rank  float64
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		flip, _ := SignFlip(c.Differences)
		near(t, "p by signs", flip, c.Flip, 1e-9)
		rank, _ := SignedRank(c.Differences)
		near(t, "p by ranks", rank, c.Rank, 1e-9)
	}
	if _, ok := SignFlip(nil); ok {
		t.Error("nothing has a p")
	}
	if _, ok := SignedRank([]float64{0, 0}); ok {
		t.Error("no difference has a p")
	}
	if _, ok := SignFlip(make([]float64, 21)); ok {
		t.Error("too many patterns to try")
	}
}

func TestEnoughFlips(t *testing.T) {
	for _, c := range []struct {
		n, comparisons int
		want           bool
	}{{5, 1, false}, {6, 1, true}, {6, 2, false}, {7, 2, true}, {20, 10_000, true}, {21, 1, false}, {0, 1, false}} {
		if got := EnoughFlips(c.n, c.comparisons); got != c.want {
			t.Errorf("%d differences, %d comparisons: %v", c.n, c.comparisons, got)
		}
	}
}
