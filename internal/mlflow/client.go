// Package mlflow reads experiments of an MLflow server and writes sweeps to one, by REST 2.0. It opens connections to the
// address that it is given and to no other.
package mlflow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// patience bounds one request, from its start to the last byte of the answer.
const patience = 30 * time.Second

// mostAnswer bounds an answer, bytes.
const mostAnswer = 256 << 20

// Client speaks to one server.
type Client struct {
	base *url.URL
	http *http.Client
}

// NewClient makes a client for a server's address, such as http://127.0.0.1:5000. Nothing is sent yet.
func NewClient(address string) (*Client, error) {
	u, err := url.Parse(strings.TrimRight(address, "/"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || !isPort(u.Port()) || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is no address of an MLflow server; write it as http://127.0.0.1:5000", address)
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{base: u, http: &http.Client{Timeout: patience, CheckRedirect: stay}}, nil
}

// isPort reports whether a port is one that there may be, or none is given.
func isPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0
}

// Address is where the server is, without a password.
func (c *Client) Address() string { return c.base.Redacted() }

// NetworkError reports that a server could not be reached or did not answer as MLflow does.
type NetworkError struct {
	Address string
	Err     error
}

func (e *NetworkError) Error() string { return fmt.Sprintf("MLflow at %s: %v", e.Address, e.Err) }
func (e *NetworkError) Unwrap() error { return e.Err }

// refusal is what MLflow answers to a request that it does not take.
type refusal struct {
	Code    string `json:"error_code"`
	Message string `json:"message"`
	status  int
}

func (r *refusal) Error() string {
	if r.Code == "" {
		return fmt.Sprintf("status %d; is that an MLflow server?", r.status)
	}
	return fmt.Sprintf("%s: %.500s", r.Code, r.Message)
}

// post sends a request to an endpoint, and get one with its fields in the query.
func (c *Client) post(ctx context.Context, endpoint string, body, answer any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.do(ctx, http.MethodPost, c.endpoint(endpoint), bytes.NewReader(b), answer)
}

func (c *Client) get(ctx context.Context, endpoint string, query url.Values, answer any) error {
	u := c.endpoint(endpoint)
	u.RawQuery = query.Encode()
	return c.do(ctx, http.MethodGet, u, nil, answer)
}

func (c *Client) endpoint(name string) *url.URL { return c.base.JoinPath("api/2.0/mlflow", name) }

func (c *Client) do(ctx context.Context, method string, u *url.URL, body io.Reader, answer any) error {
	b, err := c.ask(ctx, method, u, body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, answer); err != nil {
		return &NetworkError{c.Address(), fmt.Errorf("its answer to %s is not MLflow's: %w", u.Path, err)}
	}
	return nil
}

// ask sends a request and returns the body of its answer.
func (c *Client) ask(ctx context.Context, method string, u *url.URL, body io.Reader) ([]byte, error) {
	fail := func(err error) ([]byte, error) { return nil, &NetworkError{c.Address(), err} }
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return fail(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err // the address is said already
		}
		return fail(fmt.Errorf("nothing answers: %w", err))
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer+1))
	switch {
	case err != nil:
		return fail(err)
	case len(b) > mostAnswer:
		return fail(fmt.Errorf("its answer is above %d bytes", mostAnswer))
	case resp.StatusCode != http.StatusOK:
		r := refusal{status: resp.StatusCode}
		_ = json.Unmarshal(b, &r) // where it is none, the status tells
		return fail(&r)
	}
	return b, nil
}

// Version is the server's, "" where it does not tell.
func (c *Client) Version(ctx context.Context) string {
	b, err := c.ask(ctx, http.MethodGet, c.base.JoinPath("version"), nil)
	if err != nil || len(b) > 40 || bytes.ContainsAny(b, "<{\n") {
		return ""
	}
	return string(b)
}

// Experiment is one of a server's.
type Experiment struct {
	ID      string `json:"experiment_id"`
	Name    string `json:"name"`
	Created millis `json:"creation_time"`
}

// ErrNoExperiment reports a name that the server does not have.
var ErrNoExperiment = errors.New("there is no such experiment")

// ExperimentNamed finds an experiment.
func (c *Client) ExperimentNamed(ctx context.Context, name string) (Experiment, error) {
	var a struct {
		Experiment Experiment `json:"experiment"`
	}
	err := c.get(ctx, "experiments/get-by-name", url.Values{"experiment_name": {name}}, &a)
	if r := (*refusal)(nil); errors.As(err, &r) && r.Code == "RESOURCE_DOES_NOT_EXIST" {
		return a.Experiment, fmt.Errorf("experiment %q: %w", name, ErrNoExperiment)
	}
	return a.Experiment, err
}

// Experiments lists the names of all that are not deleted.
func (c *Client) Experiments(ctx context.Context) ([]string, error) {
	var names []string
	for token := ""; ; {
		var a struct {
			Experiments []Experiment `json:"experiments"`
			Next        string       `json:"next_page_token"`
		}
		if err := c.post(ctx, "experiments/search", object{"max_results": 1000, "page_token": token}, &a); err != nil {
			return nil, err
		}
		for _, e := range a.Experiments {
			names = append(names, e.Name)
		}
		if token = a.Next; token == "" {
			return names, nil
		}
	}
}

type object = map[string]any

// run is one run of an experiment.
type run struct {
	Info struct {
		ID     string `json:"run_id"`
		Name   string `json:"run_name"`
		Status string `json:"status"`
		Start  millis `json:"start_time"`
		End    millis `json:"end_time"`
	} `json:"info"`
	Data struct {
		Metrics []metric `json:"metrics"` // the last of each
		Params  []pair   `json:"params"`
		Tags    []pair   `json:"tags"`
	} `json:"data"`
}

type pair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type metric struct {
	Key       string `json:"key"`
	Value     figure `json:"value"`
	Timestamp millis `json:"timestamp"`
	Step      whole  `json:"step"`
}

func (r *run) tag(key string) string {
	i := slices.IndexFunc(r.Data.Tags, func(p pair) bool { return p.Key == key })
	if i < 0 {
		return ""
	}
	return r.Data.Tags[i].Value
}

// runs returns the runs of an experiment that are not deleted, the first first.
func (c *Client) runs(ctx context.Context, experiment string) ([]run, error) {
	var out []run
	for token := ""; ; {
		var a struct {
			Runs []run  `json:"runs"`
			Next string `json:"next_page_token"`
		}
		err := c.post(ctx, "runs/search", object{
			"experiment_ids": []string{experiment}, "run_view_type": "ACTIVE_ONLY", "max_results": 1000,
			"order_by": []string{"attributes.start_time ASC"}, "page_token": token,
		}, &a)
		if err != nil {
			return nil, err
		}
		out = append(out, a.Runs...)
		if token = a.Next; token == "" || len(a.Runs) == 0 {
			return out, nil
		}
	}
}

// history returns all values of a run's metric, in the order of steps and times.
func (c *Client) history(ctx context.Context, run, key string) ([]metric, error) {
	var out []metric
	for token := ""; ; {
		var a struct {
			Metrics []metric `json:"metrics"`
			Next    string   `json:"next_page_token"`
		}
		query := url.Values{"run_id": {run}, "metric_key": {key}, "max_results": {"25000"}}
		if token != "" {
			query.Set("page_token", token)
		}
		if err := c.get(ctx, "metrics/get-history", query, &a); err != nil {
			return nil, err
		}
		out = append(out, a.Metrics...)
		if token = a.Next; token == "" || len(a.Metrics) == 0 {
			return out, nil
		}
	}
}

// figure is a number as MLflow sends it: NaN and infinities are strings.
type figure float64

// UnmarshalJSON reads a number or one of the words.
func (f *figure) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case `"NaN"`:
		*f = figure(math.NaN())
	case `"Infinity"`:
		*f = figure(math.Inf(1))
	case `"-Infinity"`:
		*f = figure(math.Inf(-1))
	default:
		return json.Unmarshal(b, (*float64)(f))
	}
	return nil
}

// MarshalJSON writes a number or one of the words.
func (f figure) MarshalJSON() ([]byte, error) {
	switch x := float64(f); {
	case math.IsNaN(x):
		return []byte(`"NaN"`), nil
	case math.IsInf(x, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(x, -1):
		return []byte(`"-Infinity"`), nil
	default:
		return json.Marshal(x)
	}
}

// whole is a whole number, which some servers send as a string.
type whole int64

// UnmarshalJSON reads a number with or without quotes.
func (w *whole) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(bytes.Trim(b, `"`), (*int64)(w))
}

// millis is a time in milliseconds since 1970; 0 is none.
type millis = whole

func instant(m millis) time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m))
}
