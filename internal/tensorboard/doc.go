// Package tensorboard writes what TensorBoard reads: event files with scalars, what its HParams plugin knows of a run, and
// folders of the embedding projector. It knows neither trials nor models, and the same input gives the same bytes.
//
// An event file is a series of TFRecords, each a protocol buffer Event. The few messages needed are encoded by hand; their
// field numbers are those of event.proto, summary.proto and the plugin's plugin_data.proto and api.proto.
package tensorboard
