package reports

import "testing"

// BenchmarkWrite draws a whole report anew. Names of sub-benchmarks are those of dataSets.
func BenchmarkWrite(b *testing.B) {
	for _, name := range []string{"hidden", "names"} {
		b.Run("sweep="+name, func(b *testing.B) {
			in := dataSets()[name]
			for b.Loop() {
				if _, err := Write(b.Context(), b.TempDir(), in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
