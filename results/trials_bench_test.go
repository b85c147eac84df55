package results

import (
	"sync"
	"sync/atomic"
	"testing"

	"sweep/internal/pgtest"
	"sweep/sweeps"
)

// BenchmarkTrials claims, records and finishes trials of no training, 64 at once, over as many connections to one record as the
// case says: what a record takes in a second. With SWEEP_POSTGRES it is there, without in a file.
func BenchmarkTrials(b *testing.B) {
	for _, stores := range []struct {
		name string
		n    int
	}{{"1process", 1}, {"4processes", 4}} {
		b.Run(stores.name, func(b *testing.B) { benchmarkTrials(b, stores.n) })
	}
}

func benchmarkTrials(b *testing.B, stores int) {
	dir, o := b.TempDir(), Options{}
	if pgtest.Server() != "" {
		o.URL = pgtest.Schema(b, "bench_"+digest(dir)[:16])
	}
	var all []*Store
	for range stores {
		s, err := Open(b.Context(), dir, o)
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		all = append(all, s)
	}
	sizes := make([]int, b.N)
	for i := range sizes {
		sizes[i] = i + 1
	}
	p := grid("many", 1, sizes...)
	if _, err := all[0].PutPlan(b.Context(), p, Provenance{}); err != nil {
		b.Fatal(err)
	}
	if pgtest.Server() != "" {
		if err := all[0].db.vacuum(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	trials := p.Trials()
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for w := range 64 {
		s := all[w%stores]
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(trials)); i = next.Add(1) - 1 {
				if err := trainNothing(b, s, trials[i]); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "trials/s")
}

func trainNothing(b *testing.B, s *Store, t sweeps.Trial) error {
	if _, err := s.Claim(b.Context(), t); err != nil {
		return err
	}
	if err := s.Record(b.Context(), t, []sweeps.Point{{Metric: "val/perplexity", Step: 100, Value: 1}}); err != nil {
		return err
	}
	return s.Finish(b.Context(), t, sweeps.Outcome{State: sweeps.Complete, Step: 100, Linkable: true})
}
