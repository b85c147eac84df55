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

// slots hand out the devices of a machine, each to one trial at a time.
type slots struct {
	once sync.Once
	free chan string // what CUDA_VISIBLE_DEVICES is to say; as many as there are devices
	err  error
}

// take waits for one of n devices, or the end of ctx. It is given back by give.
func (s *slots) take(ctx context.Context, n int) (string, error) {
	s.once.Do(func() {
		var names []string
		names, s.err = devices(n)
		s.free = make(chan string, n)
		for _, name := range names {
			s.free <- name
		}
	})
	if s.err != nil {
		return "", s.err
	}
	select {
	case name := <-s.free:
		return name, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

func (s *slots) give(name string) { s.free <- name }

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
