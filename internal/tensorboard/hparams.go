package tensorboard

import (
	"maps"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// The plugin's name and the tags under which it looks.
const (
	hparamsPlugin = "hparams"
	experimentTag = "_hparams_/experiment"
	startTag      = "_hparams_/session_start_info"
	endTag        = "_hparams_/session_end_info"
)

// Experiment is what the HParams plugin knows of all runs together. A run that carries it can be looked at by itself.
type Experiment struct {
	Name        string
	Description string
	Created     float64 // seconds since 1970
	Params      []Param // in the order of the columns
	Metrics     []Metric
}

// Metric is a figure that the plugin shows of each run: the last value under a tag.
type Metric struct{ Tag, Name string }

// Param is one hyperparameter with the values that it takes: numbers, or texts, or truth values, all of one type.
type Param struct {
	Name   string
	Values []any // float64, string or bool, each once
}

// Status is how a run ended.
type Status uint64

// The plugin's statuses.
const (
	Success Status = 1
	Failure Status = 2
	Running Status = 3
)

// Session is one run as the plugin sees it.
type Session struct {
	Params map[string]any // float64, string or bool
	Group  string         // runs of one group are averaged: replicates
	Began  float64        // seconds since 1970
	Ended  float64        // not written of a run that is Running
	Status Status
}

// The plugin's types of hyperparameters.
const (
	typeText   = 1
	typeTruth  = 2
	typeNumber = 3
)

// HParams writes what the plugin keeps of a run: the experiment, where the run starts and how it ended. It belongs before
// the run's scalars.
func (e *EventWriter) HParams(x Experiment, s Session) error {
	if err := e.plugin(experimentTag, s.Began, 2, x.encode()); err != nil {
		return err
	}
	var start []byte
	for _, name := range slices.Sorted(maps.Keys(s.Params)) {
		start = appendMessage(start, 1, appendMessage(appendText(nil, 1, name), 2, encodeValue(s.Params[name])))
	}
	start = appendDouble(appendText(start, 4, s.Group), 5, s.Began)
	if err := e.plugin(startTag, s.Began, 3, start); err != nil || s.Status == Running {
		return err
	}
	return e.plugin(endTag, s.Ended, 4, appendDouble(appendWhole(nil, 1, uint64(s.Status)), 2, s.Ended))
}

// plugin writes HParamsPluginData of version 0 with one message in it.
func (e *EventWriter) plugin(tag string, time float64, field protowire.Number, message []byte) error {
	return e.summary(time, 0, pluginValue(tag, hparamsPlugin, appendMessage(nil, field, message)))
}

func (x Experiment) encode() []byte {
	b := appendText(nil, 1, x.Description)
	b = appendDouble(b, 3, x.Created)
	for _, p := range x.Params {
		b = appendMessage(b, 4, p.encode())
	}
	for _, m := range x.Metrics {
		name := appendText(nil, 2, m.Tag)
		b = appendMessage(b, 5, appendText(appendMessage(nil, 1, name), 3, m.Name))
	}
	return appendText(b, 6, x.Name)
}

// encode writes a HParamInfo. Few numbers are listed, many are an interval, texts and truth values always a list.
func (p Param) encode() []byte {
	const few = 10
	b := appendText(nil, 1, p.Name)
	var kind uint64
	numbers := make([]float64, 0, len(p.Values))
	for _, v := range p.Values {
		switch v := v.(type) {
		case string:
			kind = typeText
		case bool:
			kind = typeTruth
		case float64:
			kind = typeNumber
			numbers = append(numbers, v)
		}
	}
	b = appendWhole(b, 4, kind)
	if len(numbers) > few {
		b = appendMessage(b, 6, appendDouble(appendDouble(nil, 1, slices.Min(numbers)), 2, slices.Max(numbers)))
	} else {
		var list []byte
		for _, v := range p.Values {
			list = appendMessage(list, 1, encodeValue(v))
		}
		b = appendMessage(b, 5, list)
	}
	if len(p.Values) > 1 {
		b = appendWhole(b, 7, 1) // differs
	}
	return b
}

// encodeValue writes a google.protobuf.Value.
func encodeValue(v any) []byte {
	switch v := v.(type) {
	case float64:
		return appendDouble(nil, 2, v)
	case string:
		return appendText(nil, 3, v)
	case bool:
		if v {
			return appendWhole(nil, 4, 1)
		}
		return appendWhole(nil, 4, 0)
	}
	return appendWhole(nil, 1, 0) // null
}
