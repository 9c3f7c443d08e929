package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"standleitung/bot"
)

// newServer makes the server. It sets no limit to the time of an answer: pages listen for hours. Everything else that a
// slow or hostile peer could hold is bounded here or by the routes.
func newServer(routes http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           routes,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// routes puts the fixed paths and those of the platforms in front of the chat, which has all others.
func routes(chat http.Handler, platforms map[string]http.Handler, health *health, m *metrics) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.Handle("GET /readyz", health)
	mux.Handle("GET /metrics", m.handler())
	for path, platform := range platforms {
		mux.Handle(path, platform)
	}
	mux.Handle("/", chat)
	return hardened(mux)
}

// hardened sets the headers that every answer should have; routes may be stricter.
func hardened(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// frontPage says what this is, where no chat is shown.
func frontPage(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, `<!doctype html>
<html lang="de"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Standleitung</title>
<h1>Standleitung</h1>
<p>Die Leitung zwischen allen, die für das Unternehmen sprechen. Sie läuft; zu finden ist sie im Chat.
<p lang="en">The line between all who speak for the company. It is running; you find it in your chat.
</html>
`)
}

// probeTime is how long the store may take to prove that it can be written.
const probeTime = 2 * time.Second

// health answers whether the program can do its work.
type health struct {
	store    bot.Store
	adapters []bot.Adapter

	mu    sync.Mutex
	probe *probe // under way, or nil
}

// probe is one try to write. All who ask meanwhile wait for the same one, so that a stuck disk is tried once.
type probe struct {
	done chan struct{}
	err  error
}

func newHealth(store bot.Store, adapters []bot.Adapter) *health {
	return &health{store: store, adapters: adapters}
}

// ServeHTTP answers 200, or 503 with what is wrong by the part that is in trouble.
func (h *health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var answer struct {
		Ready    bool              `json:"ready"`
		Problems map[string]string `json:"problems,omitempty"`
	}
	answer.Problems = map[string]string{}
	if err := h.canWrite(r.Context()); err != nil {
		answer.Problems["store"] = err.Error()
	}
	for _, a := range h.adapters {
		if err := a.Ready(); err != nil {
			answer.Problems[a.Name()] = err.Error()
		}
	}
	answer.Ready = len(answer.Problems) == 0
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !answer.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(answer) // who asked has gone when this fails
}

// canWrite writes one small record.
func (h *health) canWrite(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	p := h.begin(context.WithoutCancel(ctx))
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		return errors.New("the store did not write within " + probeTime.String())
	}
}

func (h *health) begin(ctx context.Context) *probe {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.probe != nil {
		return h.probe
	}
	p := &probe{done: make(chan struct{})}
	h.probe = p
	go func() {
		p.err = h.store.Update(ctx, func(tx bot.Tx) error { return tx.Put(bot.HealthKind, "probe", []byte("{}"), nil) })
		h.mu.Lock()
		h.probe = nil
		h.mu.Unlock()
		close(p.done)
	}()
	return p
}
