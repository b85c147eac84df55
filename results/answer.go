package results

// Answer is what a sweep says about its question.
type Answer struct {
	Sweep    string `json:"sweep"`
	Metric   string `json:"metric"`
	Goal     string `json:"goal"`
	Sentence string `json:"sentence"`

	Best       *Configuration `json:"best"`       // nil: nothing is ranked
	BestLabel  string         `json:"best_label"` // "hidden_size = 100"
	BestTrial  string         `json:"best_trial"` // the best configuration's replicate with the median value
	Parameters int64          `json:"parameters"` // of the best

	Tied          []Configuration `json:"tied"`     // others that cannot be told apart from the best, by rank
	Cheapest      *Configuration  `json:"cheapest"` // of the best and the tied, the one with fewest parameters
	CheapestLabel string          `json:"cheapest_label"`
	CheapestCost  *float64        `json:"cheapest_cost"` // its parameters as a multiple of the best's

	// Detectable is the smallest true difference that would have been shown with 80 % power at 5 %: in nats for
	// losses and perplexities, else in the metric's unit. DetectablePercent is the same in percent of perplexity.
	Detectable        *float64 `json:"detectable"`
	DetectablePercent *float64 `json:"detectable_percent"`

	// Confirmed are the configurations that new seeds have judged, by rank: the answer goes by these seeds alone.
	Confirmed []Confirmation `json:"confirmed"`

	Method   string   `json:"method"` // how ties were judged: blocks, welch or none
	Residual *float64 `json:"residual_sd"`
	DF       *float64 `json:"df"`

	OtherMetrics []string `json:"other_metrics"` // sentences: another metric would choose another configuration
	Notes        []string `json:"notes"`         // what limits the answer: diverged, failed, missing replicates
}

// Confirmation sets what a search saw of a configuration beside what seeds came to that it never saw.
type Confirmation struct {
	Configuration string  `json:"configuration"`
	Label         string  `json:"label"`
	Searched      float64 `json:"searched"` // mean of the search
	SearchedN     int     `json:"searched_n"`
	Mean          float64 `json:"mean"` // of the new seeds
	N             int     `json:"n"`
	// Shrinkage is by how much the search was too hopeful: in percent of perplexity for losses and perplexities, else in
	// the metric's unit; above 0 where the new seeds are worse.
	Shrinkage float64 `json:"shrinkage"`
}

// Comparison sets two trials or configurations beside each other. Differences are B minus A.
type Comparison struct {
	A       Side         `json:"a"`
	B       Side         `json:"b"`
	Params  []ParamDiff  `json:"params"`  // those that differ
	Metrics []MetricDiff `json:"metrics"` // those that both have, the sweep's own first
	Notes   []string     `json:"notes"`
}

// Side is one side of a Comparison.
type Side struct {
	Ref           string   `json:"ref"` // as it was asked for
	Sweep         string   `json:"sweep"`
	Configuration string   `json:"configuration"`
	Trials        []string `json:"trials"` // that enter, by replicate
	Parameters    int64    `json:"parameters"`
	Seconds       float64  `json:"seconds"` // mean of a trial's training time
}

// ParamDiff is a hyperparameter that differs; a side that does not have it is "".
type ParamDiff struct {
	Name string `json:"name"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// MetricDiff compares one metric. The difference is in nats for losses and perplexities (Unit "nats"), otherwise in
// the metric's own unit (Unit ""). What needs more replicates than there are is nil.
type MetricDiff struct {
	Metric string   `json:"metric"`
	A      *float64 `json:"a"` // mean over replicates
	B      *float64 `json:"b"`
	NA     int      `json:"n_a"`
	NB     int      `json:"n_b"`

	Unit       string   `json:"unit"`
	Difference *float64 `json:"difference"`
	Low        *float64 `json:"low"` // 95 % interval of the difference
	High       *float64 `json:"high"`
	P          *float64 `json:"p"`
	DF         *float64 `json:"df"`
	Method     string   `json:"method"` // blocks, paired, welch or none
	// Percent, PercentLow and PercentHigh give the difference in percent of perplexity.
	Percent     *float64 `json:"percent"`
	PercentLow  *float64 `json:"percent_low"`
	PercentHigh *float64 `json:"percent_high"`

	Pairs       int      `json:"pairs"` // seeds that both sides have
	PairedLow   *float64 `json:"paired_low"`
	PairedHigh  *float64 `json:"paired_high"`
	PairedP     *float64 `json:"paired_p"`
	Correlation *float64 `json:"correlation"` // over the common seeds
	// SignFlipP and RankP assume no normal distribution: of all patterns of signs of the paired differences, and of their
	// ranks (Wilcoxon). nil: too few replicates for either to show anything at 5 %.
	SignFlipP *float64 `json:"sign_flip_p"`
	RankP     *float64 `json:"rank_p"`

	// Detectable is the smallest true difference that these replicates would have shown with 80 % power at 5 %.
	Detectable        *float64 `json:"detectable"`
	DetectablePercent *float64 `json:"detectable_percent"`
	Verdict           string   `json:"verdict"` // one sentence
}
