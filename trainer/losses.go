package trainer

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"sweep/trainer/corpus"
)

// Losses are what a model, of whatever kind, loses on every single target: -ln p, in nats, in the order of a part's
// examples. NaN stands where a model judges nothing, as before a whole context.
type Losses struct {
	SplitHash, VocabHash string
	Val, Test            []float32
}

// lossesFile lies beside a model's weights.
const lossesFile = "losses.safetensors"

// LossesFile returns the name of the file that Train writes beside a model in dir.
func LossesFile(dir string) string { return filepath.Join(dir, lossesFile) }

// lossesHeader is what the file says of itself.
type lossesHeader struct{ SplitHash, VocabHash string }

// file returns what is written of the losses.
func (l Losses) file() (*tensorFile, error) {
	head, err := json.Marshal(lossesHeader{l.SplitHash, l.VocabHash})
	if err != nil {
		return nil, err
	}
	return &tensorFile{meta: map[string]string{"format": "losses", "of": string(head)}, tensors: []Tensor{slab("val", l.Val), slab("test", l.Test)}}, nil
}

// SaveLosses writes l to a safetensors file, which replaces one of that name as a whole or not at all.
func SaveLosses(file string, l Losses) error {
	f, err := l.file()
	if err == nil {
		err = realDisk().writeTensors(file, f)
	}
	if err != nil {
		return fmt.Errorf("save losses: %w", err)
	}
	return nil
}

// LoadLosses reads a file that SaveLosses or Train has written. One that is not there is an error that wraps
// fs.ErrNotExist, one that is damaged or of another kind wraps ErrCorrupt.
func LoadLosses(file string) (l Losses, err error) {
	f, err := openTensors(file)
	if err != nil {
		return l, fmt.Errorf("load losses: %w", err)
	}
	var head lossesHeader
	if f.meta["format"] != "losses" || json.Unmarshal([]byte(f.meta["of"]), &head) != nil ||
		len(f.tensors) != 2 || f.tensors[0].Name != "val" || f.tensors[1].Name != "test" {
		return l, fmt.Errorf("load losses: %s: %w", file, corrupt("it holds no losses"))
	}
	return Losses{head.SplitHash, head.VocabHash, f.tensors[0].Data, f.tensors[1].Data}, nil
}

// LossesOf judges every target of the validation and test parts, which must be encoded with the model's vocabulary. It
// gives what Train writes to LossesFile. It returns the context's cause when ctx ends.
func LossesOf(ctx context.Context, m *Model, data *corpus.Data) (Losses, error) {
	l := Losses{SplitHash: data.SplitHash, VocabHash: data.VocabHash}
	for _, x := range []struct {
		part corpus.Part
		to   *[]float32
	}{{data.Val, &l.Val}, {data.Test, &l.Test}} {
		if x.part.Len() == 0 {
			continue
		}
		e := newEvaluator(m.w, m.Unknown)
		e.each = x.to
		if _, err := e.part(x.part, nil, func() error { return context.Cause(ctx) }); err != nil {
			return l, err
		}
	}
	return l, nil
}
