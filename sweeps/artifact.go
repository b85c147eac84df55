package sweeps

// Artifact is a file that a trial, or a report, has left in a store of files that several machines reach.
type Artifact struct {
	Name   string // where it lies below the record's folder, with slashes
	Object string // what it is called in the store of files
	SHA256 string // of what it holds, in hexadecimal digits
	Bytes  int64
}

// Generation is what there was of a trial's files at a time. Numbers ascend.
type Generation struct {
	Number int64
	Files  []Artifact
}
