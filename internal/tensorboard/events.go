package tensorboard

import (
	"fmt"
	"io"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Scalar is one point of a curve. The file keeps Value as a float32.
type Scalar struct {
	Tag   string
	Step  int64
	Time  float64 // seconds since 1970
	Value float64
}

// EventFile is the name of the only event file of a run that began at a time, in whole seconds since 1970.
func EventFile(began int64) string { return fmt.Sprintf("events.out.tfevents.%010d.sweep", began) }

// An EventWriter writes one event file.
type EventWriter struct {
	w   io.Writer
	buf []byte
}

// NewEventWriter begins an event file. began is in seconds since 1970. w is best buffered.
func NewEventWriter(w io.Writer, began float64) (*EventWriter, error) {
	e := &EventWriter{w: w}
	const version, fileVersion = "brain.Event:2", 3
	b := e.event(began, 0)
	b = protowire.AppendTag(b, fileVersion, protowire.BytesType)
	return e, e.put(protowire.AppendString(b, version))
}

// event begins an Event in the writer's buffer.
func (e *EventWriter) event(time float64, step int64) []byte {
	b := appendDouble(e.buf[:0], 1, time)
	if step != 0 {
		b = protowire.AppendTag(b, 2, protowire.VarintType)
		b = protowire.AppendVarint(b, uint64(step))
	}
	return b
}

func (e *EventWriter) put(b []byte) error {
	e.buf = b
	return writeRecord(e.w, b)
}

// Scalar writes one point as simple_value. Points of a file are best written in the order of their steps.
func (e *EventWriter) Scalar(s Scalar) error {
	value := appendText(nil, 1, s.Tag)
	value = protowire.AppendTag(value, 2, protowire.Fixed32Type)
	value = protowire.AppendFixed32(value, math.Float32bits(float32(s.Value)))
	return e.summary(s.Time, s.Step, value)
}

// summary writes an event that holds one Summary.Value.
func (e *EventWriter) summary(time float64, step int64, value []byte) error {
	b := e.event(time, step)
	return e.put(appendMessage(b, 5, appendMessage(nil, 1, value)))
}

// pluginValue is a Summary.Value that holds nothing but what a plugin keeps under a tag.
func pluginValue(tag, plugin string, content []byte) []byte {
	data := appendMessage(appendText(nil, 1, plugin), 2, content)
	value := appendMessage(appendText(nil, 1, tag), 9, appendMessage(nil, 1, data))
	return appendMessage(value, 8, emptyTensor())
}

// emptyTensor is a TensorProto without numbers: readers want one beside a plugin's data. Its type is DT_FLOAT, its shape (0).
func emptyTensor() []byte {
	b := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 1)
	return appendMessage(b, 2, appendMessage(nil, 2, nil)) // of size 0, which is not written
}

func appendText(b []byte, n protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, n, protowire.BytesType), s)
}

func appendMessage(b []byte, n protowire.Number, m []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), m)
}

func appendDouble(b []byte, n protowire.Number, x float64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, n, protowire.Fixed64Type), math.Float64bits(x))
}

func appendWhole(b []byte, n protowire.Number, x uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), x)
}
