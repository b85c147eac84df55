package main

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"sweep/internal/pgtest"
)

// asSweep makes the test binary behave as the program, for tests that start, kill and signal real processes.
const asSweep = "SWEEP_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asSweep) != "" {
		fetchFromTest()
		main()
	}
	testscript.Main(m, map[string]func(){"sweep": func() { fetchFromTest(); main() }})
}

// TestScripts runs the real program through every verb: one txtar script each.
func TestScripts(t *testing.T) {
	server := dataServer(t)
	var scripts atomic.Int64 // of which each has a schema; they run beside one another
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Condition: func(name string) (bool, error) {
			switch name {
			case "data":
			case "file": // the record is one
				return pgtest.Server() == "", nil
			default:
				return false, fmt.Errorf("no condition %s", name)
			}
			_, err := os.Stat(sharedData)
			return err == nil, nil
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("SERVER", server)
			e.Setenv("NO_COLOR", "1")
			e.Setenv("SWEEP_STORE", "")
			if pgtest.Server() != "" {
				e.Setenv("SWEEP_STORE", pgtest.Schema(t, fmt.Sprintf("script_%d_%d", os.Getpid(), scripts.Add(1))))
			}
			return nil
		},
	})
}

// program runs the program in this process and returns its exit status and what it printed.
func program(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs buffer
	status = run(context.WithoutCancel(t.Context()), args, &out, &errs)
	return status, out.String(), errs.String()
}
