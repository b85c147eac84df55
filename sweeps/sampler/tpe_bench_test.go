package sampler

import "testing"

// BenchmarkTPE asks for a point after 1,000 trials of 8 parameters: continua, or levels as in a grid of lists.
func BenchmarkTPE(b *testing.B) {
	for name, dim := range map[string]Dimension{"continua": {}, "levels": {Levels: 10, Ordered: true}} {
		b.Run(name, func(b *testing.B) {
			s := Space{}
			for range 8 {
				s.Dims = append(s.Dims, dim)
			}
			h := &History{}
			for i := range 1000 {
				p := s.random(stream(1, i))
				v := 0.0
				for _, x := range p {
					v += dim.position(x)
				}
				h.Tell(h.Add(p), Observation{Value: v, N: 1})
			}
			tpe := TPE{Space: s, Seed: 1}
			for b.Loop() {
				tpe.Ask(h, anyPoint)
			}
		})
	}
}
