package embeddings

import (
	"context"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// each calls a function for 0 ... n-1, on all cores. Each worker makes its own function, with its own scratch; what that
// writes must depend on the number alone. It returns the context's cause when ctx ends.
func each(ctx context.Context, n int, worker func() func(i int)) error {
	const grain = 16 // numbers that a worker takes at once
	var next atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for range min(runtime.GOMAXPROCS(0), (n+grain-1)/grain) {
		g.Go(func() error {
			visit := worker()
			for {
				from := int(next.Add(grain)) - grain
				if from >= n {
					return nil
				}
				if err := context.Cause(ctx); err != nil {
					return err
				}
				for i := from; i < min(from+grain, n); i++ {
					visit(i)
				}
			}
		})
	}
	return g.Wait()
}
