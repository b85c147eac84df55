package sweeps

// Plan is a spec made concrete: every configuration of a grid, or those drawn so far of a search.
type Plan struct {
	Spec           *Spec
	Trainer        string // name of the trainer
	Version        string // its numeric version
	Configurations []Configuration
}

// Configuration is one assignment of the hyperparameters; it owns one trial a replicate.
type Configuration struct {
	ID     string // 12 hex digits of the hash of what identifies it, seed apart
	Params Values // as the spec gives them: constants and chosen values, in the spec's order
	Resolved
	Trials []Trial // by replicate
}

// Trial is a training's place in a sweep.
type Trial struct {
	ID            string // first 12 hex digits of Key
	Key           string // SHA-256, hex, of what identifies the training
	Sweep         string
	Configuration string // its Configuration's ID
	Replicate     int    // from 1
	Seed          uint64 // below 2^53; the same for replicate r of every configuration
	Params        Values
	Resolved
}
