package corpus

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStats(t *testing.T) {
	// Training: runs of two ab bc ca | bc, of three abc bca. Validation: ab bd | ca.
	o := threeParts(t, Options{}, "a b c a\nb c\n", "a b d\nc a\n", "a d d d\n")
	s := mustOpen(t, o).Stats(2, 3)
	want := []PartStats{
		{Name: "train", Documents: 2, Tokens: 6, Types: 3, Repeated: 3, Examples: 8},
		{Name: "val", Documents: 2, Tokens: 5, Types: 4, Repeated: 1, Examples: 7, OOV: 1. / 5, UnknownShare: 1. / 7},
		{Name: "test", Documents: 1, Tokens: 4, Types: 2, Repeated: 1, Examples: 5, OOV: 3. / 4, UnknownShare: 3. / 5},
	}
	if diff := cmp.Diff(want, s.Parts); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
	grams := []GramStats{{Order: 2, Distinct: 3, Unseen: 1. / 3}, {Order: 3, Distinct: 2, Unseen: 1}}
	if diff := cmp.Diff(grams, s.Grams); diff != "" {
		t.Errorf("grams (-want +got):\n%s", diff)
	}
	frequent := []Frequency{{"</s>", 0, 2}, {"a", 1, 2}, {"b", 2, 2}}
	if diff := cmp.Diff(frequent, s.Frequent); diff != "" {
		t.Errorf("frequent (-want +got):\n%s", diff)
	}
	if math.Abs(s.Coverage-0.8) > 1e-12 || s.VocabSize != 5 || s.Table != "5^2 = 25" || s.TableNext != "5^3 = 125" {
		t.Errorf("got %+v", s)
	}
}

// Where contexts run on over documents, so do the runs that are counted.
func TestGramsOfStream(t *testing.T) {
	for boundary, want := range map[string]GramStats{
		Predict: {Order: 2, Distinct: 1, Unseen: 0},      // ab | ab
		Stream:  {Order: 2, Distinct: 4, Unseen: 0},      // ab b/ /c c/ | ab b/
		None:    {Order: 2, Distinct: 2, Unseen: 1. / 2}, // ab bc | ab ba
	} {
		val := "ab\n"
		if boundary == None {
			val = "ab\na\n"
		}
		d := mustOpen(t, threeParts(t, Options{Level: Char, Boundary: boundary}, "ab\nc\n", val, "a\n"))
		if diff := cmp.Diff([]GramStats{want}, d.Stats(1, 0).Grams); diff != "" {
			t.Errorf("%s (-want +got):\n%s", boundary, diff)
		}
	}
}

func TestPower(t *testing.T) {
	for _, c := range []struct {
		base, exponent int
		want           string
	}{
		{17_000, 4, "17,000^4 = 8.4e16"},
		{291_500, 10, "291,500^10 = 4.4e54"},
		{27, 3, "27^3 = 19,683"},
		{27, 4, "27^4 = 531,441"},
		{1_000, 2, "1,000^2 = 1.0e6"},
		{2, 0, "2^0 = 1"},
	} {
		if got := Power(c.base, c.exponent); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
