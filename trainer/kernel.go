package trainer

import "sweep/trainer/internal/kernel"

// Kernel names the float32 loops in use: "avx512", "avx2", "neon" or "generic". All give the same bits.
func Kernel() string { return kernel.Name() }

// UseKernel forces the loops by name, or takes those that the environment variable SWEEP_KERNEL names, or else the
// fastest, if name is empty. It is an error to name loops that do not exist or that this machine cannot run. It must
// not be called while something trains.
func UseKernel(name string) error { return kernel.Use(name) }
