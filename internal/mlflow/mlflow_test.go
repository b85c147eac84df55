package mlflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"sweep/results"
	"sweep/sweeps"
)

// tracker is a small server with MLflow's endpoints: what one request may hold, pages of two, and numbers as it sends them.
// The real one stands in interop.
type tracker struct {
	mu          sync.Mutex
	experiments []string
	runs        []*tracked
	requests    int
	refuse      int // the number of the request that it does not answer, 0: none
}

type tracked struct {
	experiment, id, status string
	start, end             int64
	params, tags           map[string]string
	metrics                []metric
}

func (s *tracker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.requests++; s.requests == s.refuse {
		http.Error(w, "the proxy is tired", http.StatusBadGateway)
		return
	}
	var in struct {
		Name       string   `json:"name"`
		Experiment string   `json:"experiment_id"`
		In         []string `json:"experiment_ids"`
		Token      string   `json:"page_token"`
		Run        string   `json:"run_id"`
		Status     string   `json:"status"`
		Start      int64    `json:"start_time"`
		End        int64    `json:"end_time"`
		Params     []pair   `json:"params"`
		Tags       []pair   `json:"tags"`
		Metrics    []metric `json:"metrics"`
	}
	refuse := func(code, message string) {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(object{"error_code": code, "message": message})
	}
	if r.Method == http.MethodPost {
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			refuse("BAD_REQUEST", err.Error())
			return
		}
	}
	answer := object{}
	query := r.URL.Query()
	run := func(id string) *tracked {
		if i := slices.IndexFunc(s.runs, func(r *tracked) bool { return r.id == id }); i >= 0 {
			return s.runs[i]
		}
		return &tracked{}
	}
	// page cuts a list into pages of two.
	page := func(n int, token string) (from, to int, next string) {
		from, _ = strconv.Atoi(token)
		if to = min(n, from+2); to < n {
			next = strconv.Itoa(to)
		}
		return from, to, next
	}
	switch strings.TrimPrefix(r.URL.Path, "/api/2.0/mlflow/") {
	case "/version": // under no prefix
		_, _ = w.Write([]byte("3.0.0"))
		return
	case "experiments/get-by-name":
		i := slices.Index(s.experiments, query.Get("experiment_name"))
		if i < 0 {
			refuse("RESOURCE_DOES_NOT_EXIST", "no")
			return
		}
		answer["experiment"] = object{"experiment_id": strconv.Itoa(i), "name": s.experiments[i], "creation_time": 1700000000000, "lifecycle_stage": "active"}
	case "experiments/search":
		from, to, next := page(len(s.experiments), in.Token)
		var out []object
		for _, name := range s.experiments[from:to] {
			out = append(out, object{"name": name})
		}
		answer["experiments"], answer["next_page_token"] = out, next
	case "experiments/create":
		s.experiments = append(s.experiments, in.Name)
		answer["experiment_id"] = strconv.Itoa(len(s.experiments) - 1)
	case "runs/create":
		t := &tracked{experiment: in.Experiment, id: fmt.Sprint("r", len(s.runs)), status: "RUNNING", start: in.Start, params: map[string]string{}, tags: map[string]string{}}
		for _, p := range in.Tags {
			t.tags[p.Key] = p.Value
		}
		s.runs = append(s.runs, t)
		answer["run"] = object{"info": object{"run_id": t.id}}
	case "runs/log-batch":
		if len(in.Metrics)+len(in.Params)+len(in.Tags) > 1000 || len(in.Params) > 100 || len(in.Tags) > 100 {
			refuse("INVALID_PARAMETER_VALUE", "too many")
			return
		}
		t := run(in.Run)
		for _, p := range in.Params {
			t.params[p.Key] = p.Value
		}
		for _, p := range in.Tags {
			t.tags[p.Key] = p.Value
		}
		for _, m := range in.Metrics {
			same := func(n metric) bool {
				return n.Key == m.Key && n.Step == m.Step && n.Timestamp == m.Timestamp && (n.Value == m.Value || n.Value != n.Value && m.Value != m.Value)
			}
			if !slices.ContainsFunc(t.metrics, same) {
				t.metrics = append(t.metrics, m)
			}
		}
	case "runs/update":
		t := run(in.Run)
		t.status, t.end = in.Status, in.End
	case "runs/search":
		var all []object
		for _, t := range s.runs {
			if slices.Contains(in.In, t.experiment) {
				all = append(all, t.object())
			}
		}
		from, to, next := page(len(all), in.Token)
		answer["runs"], answer["next_page_token"] = all[from:to], next
	case "metrics/get-history":
		var all []metric
		for _, m := range run(query.Get("run_id")).metrics {
			if m.Key == query.Get("metric_key") {
				all = append(all, m)
			}
		}
		from, to, next := page(len(all), query.Get("page_token"))
		answer["metrics"], answer["next_page_token"] = all[from:to], next
	default:
		refuse("ENDPOINT_NOT_FOUND", r.URL.Path)
		return
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (t *tracked) object() object {
	pairs := func(m map[string]string) (out []pair) {
		for k, v := range m {
			out = append(out, pair{k, v})
		}
		return out
	}
	last := map[string]metric{}
	for _, m := range t.metrics {
		if l, ok := last[m.Key]; !ok || m.Step > l.Step || m.Step == l.Step && m.Timestamp >= l.Timestamp {
			last[m.Key] = m
		}
	}
	var metrics []metric
	for _, m := range last {
		metrics = append(metrics, m)
	}
	return object{
		"info": object{"run_id": t.id, "status": t.status, "start_time": t.start, "end_time": strconv.FormatInt(t.end, 10)},
		"data": object{"params": pairs(t.params), "tags": pairs(t.tags), "metrics": metrics},
	}
}

func started(t *testing.T, s *tracker) *Client {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	c, err := NewClient(server.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// rows are five trials, one of each end, with a curve of many points in the first.
func rows() Export {
	value := func(v float64) *float64 { return &v }
	text := func(s string) *string { return &s }
	x := Export{Sweep: results.Sweep{Sweep: "s", Metric: "loss", Goal: "minimize"}, Provenance: results.Provenance{Description: "a test"}}
	for i, state := range []string{"complete", "stopped", "failed", "diverged", "running", "waiting", "complete"} {
		t := results.Trial{
			Sweep: "s", Trial: fmt.Sprint("t", i), Configuration: "c", Replicate: 1, Seed: uint64(i), State: state, Steps: 1000,
			Params:    json.RawMessage(fmt.Sprintf(`{"lr":%v,"act":"tanh","deep":true,"odd(name)":2}`, 0.1*float64(i+1))),
			StartedAt: text("2026-01-02T03:04:05.006Z"), FinishedAt: text("2026-01-02T03:04:15.006Z"), Seconds: 10,
		}
		if state == "complete" || state == "stopped" {
			t.Value, t.ValAccuracy = value(0.5), value(0.75)
		}
		if state == "failed" {
			t.Error = text(strings.Repeat("é", 4000))
		}
		if state == "running" {
			t.FinishedAt = nil
		}
		t.Retired = i == 6
		x.Trials = append(x.Trials, t)
	}
	for step := range 1500 {
		x.Points = append(x.Points, results.Point{Trial: "t0", Metric: "loss", Step: int64(step), Seconds: float64(step) / 150, Value: value(1 / float64(step+1))})
	}
	x.Points = append(x.Points, results.Point{Trial: "t1", Metric: "loss", Step: 5, Value: value(0.5)}, results.Point{Trial: "t3", Metric: "loss", Step: 5})
	return x
}

func TestExport(t *testing.T) {
	s := &tracker{}
	c := started(t, s)
	x := rows()
	got, err := c.Export(t.Context(), x)
	if err != nil || got.New != 5 || got.Kept+got.Updated != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	for i, want := range []string{"FINISHED", "KILLED", "FAILED", "FINISHED", "RUNNING"} {
		if r := s.runs[i]; r.status != want || r.tags["sweep.state"] != x.Trials[i].State || r.params["odd_name_"] != "2" || r.params["deep"] != "true" {
			t.Errorf("run %d: %+v", i, r)
		}
	}
	first := s.runs[0]
	if len(first.metrics) != 1502 || first.start != 1767323045006 || first.end != first.start+10000 {
		t.Errorf("%d values, %d to %d", len(first.metrics), first.start, first.end)
	}
	// The final figure is not the curve's last value, and follows it at the last step.
	if l := first.metrics[1500]; l.Key != "loss" || l.Step != 1499 || l.Value != 0.5 || l.Timestamp <= first.metrics[1499].Timestamp {
		t.Errorf("the final figure is %+v", l)
	}
	if m := s.runs[1].metrics; len(m) != 2 {
		t.Errorf("a final figure that is the curve's last is not written twice: %+v", m)
	}
	if m := s.runs[3].metrics; len(m) != 1 || !math.IsNaN(float64(m[0].Value)) {
		t.Errorf("a trial that diverged has %+v", m)
	}
	if e := s.runs[2].tags["sweep.error"]; len(e) != 5000 {
		t.Errorf("an error of 8000 bytes became %d", len(e))
	}
	before := s.requests
	if got, err = c.Export(t.Context(), x); err != nil || got.Kept != 5 || got.New+got.Updated != 0 {
		t.Errorf("again: %+v, %v", got, err)
	}
	if n := s.requests - before; n != 1+3 { // the experiment, and three pages of runs
		t.Errorf("it took %d requests to see that nothing is new", n)
	}
	x.Trials[4].State, x.Trials[4].FinishedAt = "failed", x.Trials[0].FinishedAt
	if got, err = c.Export(t.Context(), x); err != nil || got.Kept != 4 || got.Updated != 1 || s.runs[4].status != "FAILED" || len(s.runs) != 5 {
		t.Errorf("one has gone on: %+v, %v, %s", got, err, s.runs[4].status)
	}
}

// An export that breaks off is completed by the next, whichever request was the last.
func TestExportBroken(t *testing.T) {
	whole := &tracker{}
	x := rows()
	if _, err := started(t, whole).Export(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	for refuse := 1; refuse <= whole.requests; refuse++ {
		s := &tracker{refuse: refuse}
		c := started(t, s)
		var network *NetworkError
		if _, err := c.Export(t.Context(), x); !errors.As(err, &network) || !strings.Contains(err.Error(), "status 502") {
			t.Fatalf("request %d: %v", refuse, err)
		}
		if _, err := c.Export(t.Context(), x); err != nil {
			t.Fatalf("after request %d: %v", refuse, err)
		}
		for i, r := range s.runs {
			w := whole.runs[i]
			if r.status != w.status || len(r.metrics) != len(w.metrics) || len(r.params) != len(w.params) || r.tags["sweep.digest"] != w.tags["sweep.digest"] {
				t.Errorf("after request %d, run %d: %s, %d values", refuse, i, r.status, len(r.metrics))
			}
		}
		if len(s.runs) != len(whole.runs) {
			t.Errorf("after request %d: %d runs", refuse, len(s.runs))
		}
	}
}

// What was exported comes back.
func TestImport(t *testing.T) {
	s := &tracker{experiments: []string{"Default", "other", "third"}}
	c := started(t, s)
	exported := rows()
	if _, err := c.Export(t.Context(), exported); err != nil {
		t.Fatal(err)
	}
	x, err := c.Import(t.Context(), Choice{Experiment: "s", Metric: "loss", Metrics: []string{"val/accuracy", "unknown"}})
	if err != nil {
		t.Fatal(err)
	}
	if x.Sweep != "s" || x.Left != 1 || len(x.Trials) != 4 || x.Source.Version != "3.0.0" || x.Source.Identity != "s, made at 1700000000000" {
		t.Errorf("%+v", x)
	}
	if _, err := (&x).Fresh(); err != nil {
		t.Error(err)
	}
	for i, w := range exported.Trials[:4] {
		g := x.Trials[i]
		if string(g.State) != w.State || g.Seed != w.Seed || g.Finished.Sub(g.Started).Seconds() != 10 {
			t.Errorf("trial %d: %s, seed %d; was %s, %d", i, g.State, g.Seed, w.State, w.Seed)
		}
		if v, _ := g.Params.Lookup("deep"); v != sweeps.BoolValue(true) {
			t.Errorf("parameters %v", g.Params)
		}
	}
	if g := x.Trials[0]; g.Finals["loss"] != 0.5 || g.Finals["val/accuracy"] != 0.75 || len(g.Points) != 1501 || g.Points[1].Seconds != 0.006 {
		t.Errorf("%d points, %v, %+v", len(g.Points), g.Finals, g.Points[1])
	}
}

func TestImportRefused(t *testing.T) {
	s := &tracker{experiments: []string{"Default", "other", "empty"}}
	c := started(t, s)
	s.runs = []*tracked{{experiment: "1", id: "r", status: "RUNNING", metrics: []metric{{Key: "acc"}, {Key: "loss"}}}}
	for _, w := range []struct{ experiment, metric, want string }{
		{"odd", "loss", `experiment "odd": there is no such experiment; there is Default, other, empty`},
		{"other", "los", `no run has reported "los"; there is acc, loss`},
		{"other", "loss", "no run that has ended"},
		{"empty", "loss", "no run has reported a metric"},
	} {
		if _, err := c.Import(t.Context(), Choice{Experiment: w.experiment, Metric: w.metric}); err == nil || !strings.Contains(err.Error(), w.want) {
			t.Errorf("%s, %s: %v, want %s", w.experiment, w.metric, err, w.want)
		}
	}
}

func TestClient(t *testing.T) {
	for _, address := range []string{"", "127.0.0.1:5000", "ftp://host", "http://", "http://host?x=1", "http://host:99999", "http://host:0", "http://:5000", "sqlite:///mlflow.db"} {
		if _, err := NewClient(address); err == nil || !strings.Contains(err.Error(), "write it as http://") {
			t.Errorf("%q: %v", address, err)
		}
	}
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it followed to another address") }))
	defer elsewhere.Close()
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"a page", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, "is not MLflow's"},
		{"not found", http.NotFound, "status 404; is that an MLflow server?"},
		{"elsewhere", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) }, "status 302"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(c.answer)
			defer server.Close()
			client, err := NewClient(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			var network *NetworkError
			if _, err := client.ExperimentNamed(t.Context(), "x"); !errors.As(err, &network) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	client, err := NewClient("http://user:secret@127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.ExperimentNamed(t.Context(), "x"); err == nil || !strings.Contains(err.Error(), "nothing answers") || strings.Contains(err.Error(), "secret") {
		t.Errorf("nobody there: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.ExperimentNamed(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
