package slack

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// maxBody is the longest body that Slack may send, in bytes.
	maxBody = 1 << 20
	// maxAge is how old a signature may be, and how far ahead its clock may run: docs.slack.dev/authentication/verifying-requests-from-slack.
	maxAge = 5 * time.Minute
)

// Routes are the three addresses that Slack calls in HTTP mode. Each checks the signature first; without a signing secret
// nobody is let in.
func (a *Adapter) Routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /slack/events", a.signed(a.events))
	mux.HandleFunc("POST /slack/commands", a.signed(a.commands))
	mux.HandleFunc("POST /slack/actions", a.signed(a.actions))
	return mux
}

// signed lets through what Slack has signed within the last five minutes: 413 for what is too long, 401 for everything else.
func (a *Adapter) signed(next func(http.ResponseWriter, *http.Request, []byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		var tooLong *http.MaxBytesError
		switch {
		case errors.As(err, &tooLong):
			a.refuse(w, r, http.StatusRequestEntityTooLarge, "too_long")
		case err != nil:
			a.refuse(w, r, http.StatusBadRequest, "cut_off")
		case !a.genuine(r.Header, body):
			a.refuse(w, r, http.StatusUnauthorized, "bad_signature")
		default:
			next(w, r, body)
		}
	}
}

// genuine reports whether Slack has signed a body, and lately.
func (a *Adapter) genuine(h http.Header, body []byte) bool {
	stamp, signature := h.Values("X-Slack-Request-Timestamp"), h.Values("X-Slack-Signature")
	if a.config.SigningSecret == "" || len(stamp) != 1 || len(signature) != 1 {
		return false
	}
	seconds, err := strconv.ParseInt(stamp[0], 10, 64)
	if err != nil || seconds < 0 || a.now().Sub(time.Unix(seconds, 0)).Abs() > maxAge {
		return false
	}
	given, ok := strings.CutPrefix(signature[0], "v0=")
	sum, err := hex.DecodeString(given)
	if !ok || err != nil {
		return false
	}
	mac := hmac.New(sha256.New, []byte(a.config.SigningSecret))
	mac.Write([]byte("v0:" + stamp[0] + ":"))
	mac.Write(body)
	return hmac.Equal(mac.Sum(nil), sum)
}

// refuse turns a request down. Why is told to operators, by code.
func (a *Adapter) refuse(w http.ResponseWriter, r *http.Request, status int, code string) {
	a.ignored(code)
	a.log.DebugContext(r.Context(), "refused a request to the slack adapter", "code", code, "status", status)
	http.Error(w, strconv.Itoa(status)+" "+code, status)
}

// events takes what the Events API sends, and the question whether this is the right address.
func (a *Adapter) events(w http.ResponseWriter, r *http.Request, body []byte) {
	var q struct {
		Type      string `json:"type"`
		Challenge string `json:"challenge"`
	}
	if err := json.Unmarshal(body, &q); err != nil {
		a.refuse(w, r, http.StatusBadRequest, "malformed")
		return
	}
	if q.Type == "url_verification" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, q.Challenge)
		return
	}
	a.serve(w, r, kindEvents, body)
}

// commands takes slash commands, which come as a form.
func (a *Adapter) commands(w http.ResponseWriter, r *http.Request, body []byte) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		a.refuse(w, r, http.StatusBadRequest, "malformed")
		return
	}
	if form.Has("ssl_check") {
		return
	}
	c, err := json.Marshal(command{
		Command: form.Get("command"), Text: form.Get("text"), UserID: form.Get("user_id"), ChannelID: form.Get("channel_id"),
		ThreadTS: form.Get("thread_ts"), TeamID: form.Get("team_id"), APIAppID: form.Get("api_app_id"),
		TriggerID: form.Get("trigger_id"), ResponseURL: form.Get("response_url"),
	})
	if err != nil {
		a.refuse(w, r, http.StatusBadRequest, "malformed")
		return
	}
	a.serve(w, r, kindCommand, c)
}

// actions takes buttons, forms and shortcuts, which come as JSON in a form.
func (a *Adapter) actions(w http.ResponseWriter, r *http.Request, body []byte) {
	form, err := url.ParseQuery(string(body))
	if err != nil || !form.Has("payload") {
		a.refuse(w, r, http.StatusBadRequest, "malformed")
		return
	}
	a.serve(w, r, kindInteractive, []byte(form.Get("payload")))
}

// serve has something done and answers when that is durable; what failed is answered with 503, and Slack delivers again.
func (a *Adapter) serve(w http.ResponseWriter, r *http.Request, kind string, body []byte) {
	type outcome struct {
		answer any
		err    error
	}
	done := make(chan outcome, 1)
	err := a.take(r.Context(), delivered{kind: kind, body: body}, func(answer any, err error) { done <- outcome{answer, err} })
	var bad malformed
	switch {
	case errors.As(err, &bad):
		a.refuse(w, r, http.StatusBadRequest, "malformed")
		return
	case err != nil:
		w.Header().Set("Retry-After", "1")
		a.refuse(w, r, http.StatusServiceUnavailable, "not_running")
		return
	}
	o := <-done
	switch {
	case o.err != nil:
		a.refuse(w, r, http.StatusServiceUnavailable, "not_stored")
	case o.answer == nil:
		w.WriteHeader(http.StatusOK)
	default:
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_ = json.NewEncoder(w).Encode(o.answer) // Slack has gone when this fails, and asks again
	}
}
