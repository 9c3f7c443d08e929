package main

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"standleitung/bot"
)

// metrics counts what the program does: kinds and outcomes only, no texts, no names, nothing of a single person.
type metrics struct {
	registry   *prometheus.Registry
	turns      *prometheus.HistogramVec
	deliveries *prometheus.HistogramVec
	units      *prometheus.HistogramVec
	ignored    *prometheus.CounterVec
}

func newMetrics(store bot.Store) *metrics {
	// From a transaction in memory to a disk in trouble.
	buckets := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	seconds := func(name, help string, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	}
	m := &metrics{
		registry:   prometheus.NewRegistry(),
		turns:      seconds("standleitung_turn_seconds", "Messages taken in, by kind and outcome.", "kind", "outcome"),
		deliveries: seconds("standleitung_delivery_seconds", "Tries to deliver, by adapter and outcome.", "adapter", "outcome"),
		units:      seconds("standleitung_store_unit_seconds", "Units of work of the store until they are durable, by operation.", "operation"),
	}
	m.ignored = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "standleitung_ignored_total", Help: "What came in and was passed over, by adapter and reason.",
	}, []string{"adapter", "reason"})
	b := readBuild()
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "standleitung_build_info", Help: "Always 1; the labels say what runs.",
		ConstLabels: prometheus.Labels{"version": b.version, "commit": b.commit, "go": b.goVersion},
	})
	info.Set(1)
	m.registry.MustRegister(m.turns, m.deliveries, m.units, m.ignored, info, newStoreCollector(store),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// observe is told by the core of every turn and delivery.
func (m *metrics) observe(o bot.Observation) {
	switch o.What {
	case "turn":
		m.turns.WithLabelValues(o.Kind, o.Code).Observe(o.Took.Seconds())
	case "delivery":
		m.deliveries.WithLabelValues(o.Kind, o.Code).Observe(o.Took.Seconds())
	case "ignored":
		m.ignored.WithLabelValues(o.Kind, o.Code).Inc()
	}
}

// storeCollector asks the store for its size when somebody looks.
type storeCollector struct {
	store       bot.Store
	rows, bytes *prometheus.Desc
}

func newStoreCollector(store bot.Store) *storeCollector {
	return &storeCollector{
		store: store,
		rows:  prometheus.NewDesc("standleitung_outbox_rows", "Rows of the outbox, by state.", []string{"state"}, nil),
		bytes: prometheus.NewDesc("standleitung_store_bytes", "Size of the store on disk.", nil, nil),
	}
}

// Describe implements [prometheus.Collector].
func (c *storeCollector) Describe(out chan<- *prometheus.Desc) {
	out <- c.rows
	out <- c.bytes
}

// Collect implements [prometheus.Collector].
func (c *storeCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), probeTime)
	defer cancel()
	s, err := c.store.Stats(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(c.rows, err)
		return
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(c.rows, float64(s.Queued), string(bot.RowQueued))
	gauge(c.rows, float64(s.Sending), string(bot.RowSending))
	gauge(c.rows, float64(s.Unknown), string(bot.RowUnknown))
	gauge(c.rows, float64(s.Parked), string(bot.RowParked))
	gauge(c.bytes, float64(s.Bytes))
}

// timedStore measures the units of work of a store.
type timedStore struct {
	bot.Store

	metrics *metrics
	now     func() time.Time
}

// Update implements [bot.Store].
func (s timedStore) Update(ctx context.Context, fn func(bot.Tx) error) error {
	defer s.measure("update")()
	return s.Store.Update(ctx, fn)
}

// Next implements [bot.Store].
func (s timedStore) Next(ctx context.Context, t bot.Taking) (bot.Taken, error) {
	defer s.measure("next")()
	return s.Store.Next(ctx, t)
}

func (s timedStore) measure(operation string) (done func()) {
	began := s.now()
	return func() { s.metrics.units.WithLabelValues(operation).Observe(s.now().Sub(began).Seconds()) }
}
