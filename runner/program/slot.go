package program

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
)

// visibleDevices is the variable by which CUDA is told which devices there are.
const visibleDevices = "CUDA_VISIBLE_DEVICES"

// Devices hand out those of a machine, each to one trial at a time, whichever Trainer asks for it.
type Devices struct {
	mu    sync.Mutex
	busy  map[string]bool
	freed chan struct{} // closed when one is given back; nil: nobody waits
}

// take waits for one of n devices, or the end of ctx, and returns what CUDA_VISIBLE_DEVICES is to say. It is given back by give.
func (d *Devices) take(ctx context.Context, n int) (string, error) {
	names, err := devices(n)
	if err != nil {
		return "", err
	}
	for {
		name, freed := d.tryTake(names)
		if name != "" {
			return name, nil
		}
		select {
		case <-freed:
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

func (d *Devices) tryTake(names []string) (name string, freed <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, name := range names {
		if !d.busy[name] {
			if d.busy == nil {
				d.busy = map[string]bool{}
			}
			d.busy[name] = true
			return name, nil
		}
	}
	if d.freed == nil {
		d.freed = make(chan struct{})
	}
	return "", d.freed
}

func (d *Devices) give(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.busy, name)
	if d.freed != nil {
		close(d.freed)
		d.freed = nil
	}
}

// devices names n of them: by number, unless sweep itself is bound to some, as a cluster's scheduler does.
func devices(n int) ([]string, error) {
	visible, bound := os.LookupEnv(visibleDevices)
	if bound {
		names := strings.FieldsFunc(visible, func(r rune) bool { return r == ',' || r == ' ' })
		if len(names) < n {
			return nil, fmt.Errorf("trials on %d GPUs: sweep itself is bound to %d, by %s=%s; ask for as many, or unset it",
				n, len(names), visibleDevices, visible)
		}
		return names[:n], nil
	}
	names := make([]string, n)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names, nil
}
