package slack_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

const ping = `{"type":"url_verification","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}`

func TestSignatures(t *testing.T) {
	r := newRig(t)
	good := signed(ping, now)
	with := func(name, value string) http.Header {
		h := good.Clone()
		h.Set(name, value)
		return h
	}
	twice := good.Clone()
	twice.Add("X-Slack-Signature", "v0=00")
	for name, c := range map[string]struct {
		header http.Header
		status int
	}{
		"right":               {good, http.StatusOK},
		"almost too old":      {signed(ping, now.Add(-5*time.Minute)), http.StatusOK},
		"too old":             {signed(ping, now.Add(-5*time.Minute-time.Second)), http.StatusUnauthorized},
		"from the future":     {signed(ping, now.Add(5*time.Minute+time.Second)), http.StatusUnauthorized},
		"for another body":    {signed(ping+" ", now), http.StatusUnauthorized},
		"missing":             {http.Header{}, http.StatusUnauthorized},
		"without a time":      {http.Header{"X-Slack-Signature": good["X-Slack-Signature"]}, http.StatusUnauthorized},
		"with another time":   {with("X-Slack-Request-Timestamp", "1796000001"), http.StatusUnauthorized},
		"with a time in text": {with("X-Slack-Request-Timestamp", "now"), http.StatusUnauthorized},
		"of another version":  {with("X-Slack-Signature", strings.Replace(good.Get("X-Slack-Signature"), "v0", "v1", 1)), http.StatusUnauthorized},
		"cut":                 {with("X-Slack-Signature", good.Get("X-Slack-Signature")[:40]), http.StatusUnauthorized},
		"empty":               {with("X-Slack-Signature", "v0="), http.StatusUnauthorized},
		"not hexadecimal":     {with("X-Slack-Signature", "v0="+strings.Repeat("z", 64)), http.StatusUnauthorized},
		"twice":               {twice, http.StatusUnauthorized},
	} {
		w := r.send("/slack/events", ping, c.header)
		if w.Code != c.status {
			t.Errorf("%s: answered with %d, want %d", name, w.Code, c.status)
		}
		if c.status == http.StatusOK && !strings.Contains(ping, w.Body.String()) {
			t.Errorf("%s: answered with %q, want the challenge", name, w.Body)
		}
	}
}

func FuzzSignature(f *testing.F) {
	f.Add("1796000000", "v0=00")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, stamp, signature string) {
		r := fuzzRig(t)
		h := http.Header{"X-Slack-Request-Timestamp": {stamp}, "X-Slack-Signature": {signature}}
		if w := r.send("/slack/events", ping, h); w.Code != http.StatusUnauthorized {
			t.Errorf("signature %q of %q answered with %d, want 401", signature, stamp, w.Code)
		}
	})
}

var fuzzing *rig

// fuzzRig is one rig for all inputs of a fuzz target.
func fuzzRig(t *testing.T) *rig {
	if fuzzing == nil || fuzzing.t.Context().Err() != nil {
		fuzzing = newRig(t)
	}
	return fuzzing
}

func TestBadBodies(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct {
		path, body string
		status     int
	}{
		{"/slack/events", strings.Repeat("x", 1<<20+1), http.StatusRequestEntityTooLarge},
		{"/slack/commands", strings.Repeat("x", 1<<20+1), http.StatusRequestEntityTooLarge},
		{"/slack/events", `{"type":`, http.StatusBadRequest},
		{"/slack/events", `[]`, http.StatusBadRequest},
		{"/slack/events", ``, http.StatusBadRequest},
		{"/slack/events", `{"type":"event_callback","team_id":"T1","event":"text"}`, http.StatusBadRequest},
		{"/slack/events", `{"type":"event_callback","team_id":"T1","event":{"type":"message","ts":7}}`, http.StatusBadRequest},
		{"/slack/commands", `%zz`, http.StatusBadRequest},
		{"/slack/commands", `command=%2Fx`, http.StatusBadRequest},
		{"/slack/commands", `ssl_check=1`, http.StatusOK},
		{"/slack/actions", `x=1`, http.StatusBadRequest},
		{"/slack/actions", `payload=%7B`, http.StatusBadRequest},
		{"/slack/actions", `payload=%7B%7D`, http.StatusBadRequest},
		{"/slack/elsewhere", `{}`, http.StatusNotFound},
	} {
		if w := r.post(c.path, c.body); w.Code != c.status {
			t.Errorf("%s %.60q answered with %d, want %d", c.path, c.body, w.Code, c.status)
		}
	}
	if got := r.got(); len(got) > 0 {
		t.Errorf("the core got %+v", got)
	}
}

func TestNothingIsTakenWhileItDoesNotRun(t *testing.T) {
	r := newRig(t)
	r.stop()
	const body = `{"type":"event_callback","team_id":"T1","event":{"type":"message","channel":"C1","user":"U1","text":"x","ts":"1795999999.000100"}}`
	if w := r.post("/slack/events", body); w.Code != http.StatusServiceUnavailable || r.adapter.Ready() == nil {
		t.Errorf("answered with %d, ready = %v; want 503 and a reason", w.Code, r.adapter.Ready())
	}
}

// Whatever Slack sends, and whoever signs it, nothing breaks.
func FuzzEvents(f *testing.F) {
	f.Add(`{"type":"message","channel":"C1","user":"U1","text":"<@UBOT> x &lt;","ts":"1795999999.000100"}`)
	f.Add(`{"type":"message","subtype":"message_changed","channel":"C1","message":{"user":"U1","text":"<","ts":"1.1","edited":{"ts":"x"}}}`)
	f.Add(`{"type":"message","subtype":"message_deleted","channel":"D","deleted_ts":"1.1"}`)
	f.Add(`{"type":"reaction_added","user":"U1","reaction":"::","item":{"type":"message","channel":"C1","ts":"1.1"}}`)
	f.Fuzz(func(t *testing.T, event string) {
		r := fuzzRig(t)
		body := `{"type":"event_callback","team_id":"T1","event":` + event + `}`
		if w := r.post("/slack/events", body); w.Code != http.StatusOK && w.Code != http.StatusBadRequest {
			t.Errorf("answered with %d: %s", w.Code, event)
		}
	})
}
