package trainer

import (
	"encoding/json"
	"fmt"

	"sweep/trainer/corpus"
)

// Model is a trained network with what is needed to understand it. It is read-only; its methods may be called
// concurrently.
type Model struct {
	Config    Config         // completed
	Symbols   []string       // the vocabulary; index 0 is the boundary
	Unknown   int            // index of <unk>, or -1
	Data      corpus.Options // of the corpus that it was trained on, completed
	SplitHash string
	VocabHash string
	Step      int64 // optimiser steps behind the weights

	w *weights
}

// newModel describes weights trained on data.
func newModel(cfg Config, data *corpus.Data, w *weights, step int64) *Model {
	m := &Model{
		Config: cfg, Unknown: data.Vocab.Unk(), Data: data.Options,
		SplitHash: data.SplitHash, VocabHash: data.VocabHash, Step: step, w: w,
		Symbols: make([]string, data.Vocab.Size()),
	}
	for i := range m.Symbols {
		m.Symbols[i] = data.Vocab.Symbol(i)
	}
	return m
}

// Tensors returns copies of the weights in their logical shapes: C (|V|, m), H (h, n*m), d (h), U (|V|, h), b (|V|),
// with direct connections W (|V|, n*m), and with batch norm gamma, mean and variance (h). H, d and U are absent without
// hidden layer. With one-hot inputs C is absent and H (h, n*|V|).
func (m *Model) Tensors() []Tensor { return m.w.tensors() }

// modelHeader is what a model's file says beside the weights, JSON in one entry of the metadata each.
type modelHeader struct {
	Config    Config
	Symbols   []string
	Unknown   int
	Data      corpus.Options
	SplitHash string
	VocabHash string
	Step      int64
}

// entries pairs the names of the metadata with the fields.
func (h *modelHeader) entries() map[string]any {
	return map[string]any{
		"config": &h.Config, "vocabulary": &h.Symbols, "unknown": &h.Unknown, "corpus": &h.Data,
		"split_hash": &h.SplitHash, "vocab_hash": &h.VocabHash, "step": &h.Step,
	}
}

// file returns what is written of the model.
func (m *Model) file() (*tensorFile, error) {
	h := modelHeader{m.Config, m.Symbols, m.Unknown, m.Data, m.SplitHash, m.VocabHash, m.Step}
	meta := map[string]string{"format": "nplm", "version": Version}
	for k, v := range h.entries() {
		b, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		meta[k] = string(b)
	}
	return &tensorFile{meta: meta, tensors: m.Tensors()}, nil
}

// Save writes the model to a safetensors file, weights only, which replaces one of that name as a whole or not at all.
func Save(file string, m *Model) error {
	f, err := m.file()
	if err == nil {
		err = realDisk().writeTensors(file, f)
	}
	if err != nil {
		return fmt.Errorf("save model: %w", err)
	}
	return nil
}

// Load reads a model that Save or Train has written. A file that is damaged or not a model is an error that wraps
// ErrCorrupt.
func Load(file string) (*Model, error) {
	f, err := openTensors(file)
	if err != nil {
		return nil, fmt.Errorf("load model: %w", err)
	}
	m, err := modelFrom(f)
	if err != nil {
		return nil, fmt.Errorf("load model: %s: %w", file, err)
	}
	return m, nil
}

func modelFrom(f *tensorFile) (*Model, error) {
	if f.meta["format"] != "nplm" {
		return nil, corrupt("it is not a model of this program")
	}
	var h modelHeader
	for k, v := range h.entries() {
		if err := json.Unmarshal([]byte(f.meta[k]), v); err != nil {
			return nil, corrupt("metadata %q: %v", k, err)
		}
	}
	setDefault(&h.Config.Precision, precisionSingle) // models of before these were parameters
	setDefault(&h.Config.Parametrization, "standard")
	if err := h.Config.Validate(); err != nil {
		return nil, corrupt("%v", err)
	}
	var numbers int64
	for _, t := range f.tensors {
		numbers += int64(len(t.Data))
	}
	if len(h.Symbols) < 2 || numbers != h.Config.stored(len(h.Symbols)) || h.Unknown < -1 || h.Unknown >= len(h.Symbols) {
		return nil, corrupt("the weights do not fit the configuration")
	}
	w := newWeights(h.Config, len(h.Symbols))
	if !w.load(f.tensors) {
		return nil, corrupt("the weights do not fit the configuration")
	}
	return &Model{h.Config, h.Symbols, h.Unknown, h.Data, h.SplitHash, h.VocabHash, h.Step, w}, nil
}
