package program

import (
	_ "embed"
	"path/filepath"
)

// Module is sweep.py, by which Python scripts read their parameters and log metrics. Trials find it in PYTHONPATH; for use
// outside of a sweep it can be copied beside a script.
//
//go:embed sweep.py
var Module string

// moduleDir is the folder under that of the record in which the module lies.
func moduleDir(record string) string { return filepath.Join(record, "python") }

func writeModule(record string) error {
	return writeFile(filepath.Join(moduleDir(record), "sweep.py"), []byte(Module))
}
