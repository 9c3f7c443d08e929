package slacktest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"standleitung/adapters/faketest"
	"standleitung/adapters/slack/slacktest"
)

// soon are waiting times for tests that wait for them.
func soon() slacktest.Times {
	return slacktest.Times{Ack: 150 * time.Millisecond, Linger: 50 * time.Millisecond}
}

// endpoint is an app that is reached by HTTP.
type endpoint struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
	answer   func(n int, w http.ResponseWriter, r *http.Request) // n counts from 0; nil for 200
}

func newEndpoint(t *testing.T) *endpoint {
	e := &endpoint{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e.mu.Lock()
		n := len(e.requests)
		e.requests, e.bodies = append(e.requests, r), append(e.bodies, string(body))
		answer := e.answer
		e.mu.Unlock()
		if answer != nil {
			answer(n, w, r)
		}
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) got() ([]*http.Request, []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.requests), slices.Clone(e.bodies)
}

func (w *town) until(what string, ok func() bool) {
	w.t.Helper()
	if !faketest.Await(patience, ok) {
		w.t.Fatalf("waited in vain until %s", what)
	}
}

func TestRequestsAreSigned(t *testing.T) {
	e := newEndpoint(t)
	w := newTown(t, slacktest.Config{RequestURL: e.URL})
	if a := w.Say(slacktest.Speech{By: w.ines, Channel: w.room, Text: "hallo"}); !a.Acked || a.Status != http.StatusOK {
		t.Fatalf("say = %+v", a)
	}
	w.Slash(w.ines, w.room, "/standleitung", "hilfe & mehr")
	w.Shortcut(w.ines, "idea_new", "", "")
	requests, bodies := e.got()
	if len(requests) != 3 {
		t.Fatalf("%d requests, want 3", len(requests))
	}
	for i, r := range requests {
		v, err := slack.NewSecretsVerifier(r.Header, w.Config().SigningSecret)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = v.Write([]byte(bodies[i]))
		if err := v.Ensure(); err != nil {
			t.Errorf("request %d: %v", i, err)
		}
	}
	command, _ := url.ParseQuery(bodies[1])
	if command.Get("command") != "/standleitung" || command.Get("text") != "hilfe &amp; mehr" || command.Get("channel_id") != w.room {
		t.Errorf("command = %v", command)
	}
	shortcut, _ := url.ParseQuery(bodies[2])
	if !strings.Contains(shortcut.Get("payload"), `"callback_id":"idea_new"`) {
		t.Errorf("shortcut = %v", shortcut)
	}
}

func TestChallenge(t *testing.T) {
	e := newEndpoint(t)
	w := newTown(t, slacktest.Config{})
	if err := w.SetRequestURL(e.URL); err == nil {
		t.Error("an endpoint that ignores the challenge was taken")
	}
	e.answer = func(_ int, rw http.ResponseWriter, _ *http.Request) {
		_, bodies := e.got()
		var c struct{ Challenge string }
		_ = json.Unmarshal([]byte(bodies[len(bodies)-1]), &c)
		_, _ = io.WriteString(rw, c.Challenge)
	}
	if err := w.SetRequestURL(e.URL); err != nil {
		t.Error(err)
	}
}

func TestRequestsAreRetried(t *testing.T) {
	e := newEndpoint(t)
	e.answer = func(n int, w http.ResponseWriter, _ *http.Request) {
		if n < 3 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}
	w := newTown(t, slacktest.Config{RequestURL: e.URL})
	count := func(n int) func() bool { return func() bool { r, _ := e.got(); return len(r) == n } }
	if a := w.Say(slacktest.Speech{By: w.ines, Channel: w.room, Text: "x"}); a.Acked || a.Status != 500 {
		t.Errorf("the first attempt = %+v", a)
	}
	w.until("the first retry, at once", count(2))
	w.Advance(59 * time.Second)
	if !count(2)() {
		t.Error("the second retry came before a minute was over")
	}
	// The minute begins when the fake has heard the answer, a moment after the endpoint gave it.
	w.until("the second retry", func() bool { w.Advance(2 * time.Second); return count(3)() })
	w.until("the third is waiting", func() bool { w.Advance(time.Minute); return count(4)() })
	w.until("all is settled", w.Settled)
	requests, bodies := e.got()
	for i, want := range []string{"", "1", "2", "3"} {
		if got := requests[i].Header.Get("X-Slack-Retry-Num"); got != want {
			t.Errorf("attempt %d has retry number %q, want %q", i, got, want)
		}
		if bodies[i] != bodies[0] {
			t.Errorf("attempt %d has another body", i)
		}
	}
	if got := requests[1].Header.Get("X-Slack-Retry-Reason"); got != "http_error" {
		t.Errorf("reason %q, want http_error", got)
	}
}

func TestRetriesEnd(t *testing.T) {
	e := newEndpoint(t)
	e.answer = func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Slack-No-Retry", "1")
		w.WriteHeader(http.StatusBadRequest)
	}
	w := newTown(t, slacktest.Config{RequestURL: e.URL, Times: soon()})
	w.Say(slacktest.Speech{By: w.ines, Channel: w.room, Text: "x"})
	if r, _ := e.got(); len(r) != 1 || !w.Settle(patience) {
		t.Errorf("%d requests after X-Slack-No-Retry, want 1", len(r))
	}
	e.mu.Lock()
	e.answer = func(_ int, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	e.mu.Unlock()
	if a := w.Slash(w.ines, w.room, "/standleitung", "x"); a.Acked || a.Reason != "http_timeout" || !w.Settle(patience) {
		t.Errorf("a command nobody answered = %+v, want a timeout and no retry", a)
	}
}

func TestCommandAnswers(t *testing.T) {
	e := newEndpoint(t)
	e.answer = func(n int, w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, []string{"nur Text", `{"response_type":"in_channel","text":"für alle"}`}[n])
	}
	w := newTown(t, slacktest.Config{RequestURL: e.URL})
	w.Slash(w.ines, w.room, "/standleitung", "a")
	w.Slash(w.ines, w.room, "/standleitung", "b")
	w.until("the answers are shown", func() bool { return len(w.Shown(w.room, w.ines)) == 2 })
	if others := w.Shown(w.room, w.jan); len(others) != 1 || others[0].Text != "für alle" {
		t.Errorf("others see %+v", others)
	}
	if a := w.Slash(w.ines, w.room, "/fremd", ""); a.Refused != "unknown_command" {
		t.Errorf("a command of another app: %+v", a)
	}
}

func TestSocketsRedeliver(t *testing.T) {
	w := newTown(t, slacktest.Config{Times: soon()})
	a := w.connect()
	a.mu.Lock()
	a.deaf = func(e socketmode.Event) bool { return e.Request.RetryAttempt == 0 }
	a.mu.Unlock()
	if act := w.Say(slacktest.Speech{By: w.ines, Channel: w.room, Text: "x"}); act.Acked || act.Reason != "timeout" {
		t.Errorf("the first attempt = %+v", act)
	}
	w.until("it is acknowledged", w.Settled)
	got := a.heard()
	if len(got) != 2 || got[1].Request.RetryAttempt != 1 || got[1].Request.RetryReason != "timeout" || got[0].Request.EnvelopeID == got[1].Request.EnvelopeID {
		t.Fatalf("got %d envelopes", len(got))
	}
	if string(got[0].Request.Payload) != string(got[1].Request.Payload) {
		t.Error("the retry has another payload, want the same event_id")
	}
}

func TestSocketsTakeTurns(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	first := w.connect()
	second := w.connect()
	if !w.AwaitSockets(2, patience) {
		t.Fatal("no second socket")
	}
	for range 4 {
		w.Say(slacktest.Speech{By: w.ines, Channel: w.room, Text: "x"})
	}
	if a, b := len(first.heard()), len(second.heard()); a != 2 || b != 2 {
		t.Errorf("%d and %d events, want two each", a, b)
	}
}

func TestSocketsAreReplaced(t *testing.T) {
	w := newTown(t, slacktest.Config{Times: soon()})
	a := w.connect()
	for _, end := range []func(){func() { w.Disconnect("refresh_requested") }, w.DropSockets} {
		opened := w.Calls("apps.connections.open")
		end()
		w.until("the client opened another", func() bool { return w.Calls("apps.connections.open") > opened && w.Sockets() == 1 })
		if act := w.Say(slacktest.Speech{By: w.ines, Channel: w.room, Text: "x"}); !act.Acked {
			t.Errorf("after the reconnect: %+v", act)
		}
	}
	if n := len(a.heard()); n != 2 {
		t.Errorf("%d events, want 2", n)
	}
}

func TestNobodyListens(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	act := w.Say(slacktest.Speech{By: w.ines, Channel: w.room, Text: "in die Leere"})
	if act.Acked || act.Reason != "connection_failed" {
		t.Fatalf("say = %+v", act)
	}
	a := w.connect()
	w.until("the retry after a minute arrives", func() bool { w.Advance(time.Minute); return len(a.heard()) > 0 })
	if got := inner(t, a.heard()[0]); got["text"] != "in die Leere" {
		t.Errorf("event = %v", got)
	}
}

func TestTwists(t *testing.T) {
	w := newTown(t, slacktest.Config{Times: soon(), NoRetries: true})
	a := w.connect()
	say := func(text string) slacktest.Act {
		return w.Say(slacktest.Speech{By: w.ines, Channel: w.room, Text: text})
	}
	texts := func(n int) string {
		w.until("the events arrived", func() bool { return len(a.heard()) == n })
		var all []string
		for _, e := range a.heard() {
			all = append(all, inner(t, e)["text"].(string))
		}
		return strings.Join(all, " ")
	}
	w.Order(slacktest.Twice, slacktest.TwiceAnew, slacktest.Held)
	say("a")
	say("b")
	if act := say("c"); act.Acked {
		t.Error("an event that was held is acknowledged")
	}
	say("d")
	if got := texts(6); got != "a a b b d c" {
		t.Errorf("events %q, want a and b twice, c after d", got)
	}
	if all := a.heard(); all[0].Request.EnvelopeID != all[1].Request.EnvelopeID || all[2].Request.EnvelopeID == all[3].Request.EnvelopeID {
		t.Error("want the first pair in one envelope, the second in two")
	}
	w.Again()
	if got := texts(7); !strings.HasSuffix(got, " d") {
		t.Errorf("events %q, want d again", got)
	}
}

func TestAcknowledgementsAreChecked(t *testing.T) {
	w := newTown(t, slacktest.Config{Times: soon(), NoRetries: true})
	a := w.connect()
	ctx := t.Context()
	_ = a.client.AckCtx(ctx, "no-such-envelope", nil)
	w.until("the breach is noted", func() bool { return len(w.Breaches()) == 1 })
	a.mu.Lock()
	a.answer = func(socketmode.Event) any { return map[string]string{"text": "für ein Ereignis"} }
	a.mu.Unlock()
	w.Say(slacktest.Speech{By: w.ines, Channel: w.room, Text: "x"})
	if got := w.Forgive(); len(got) != 2 || !strings.Contains(got[1].What, "where none is accepted") {
		t.Errorf("breaches = %v", got)
	}
	stolen, err := http.Get(w.URL + "/link/?ticket=invented")
	if err != nil || stolen.StatusCode != http.StatusForbidden || len(w.Forgive()) != 1 {
		t.Errorf("an invented socket URL: %v, %v", stolen, err)
	}
	_ = stolen.Body.Close()
}

func TestFaults(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	client := &http.Client{Timeout: 300 * time.Millisecond}
	t.Cleanup(client.CloseIdleConnections)
	api := slack.New(w.Config().BotToken, slack.OptionAPIURL(w.APIURL()), slack.OptionHTTPClient(client))
	post := func(text string) error {
		_, _, err := api.PostMessageContext(context.Background(), w.room, slack.MsgOptionText(text, false))
		return err
	}
	for _, c := range []struct {
		what  string
		fault slacktest.Fault
		check func(error) bool
		shown int // messages that came about
	}{
		{"500", slacktest.Fault{Status: 500}, isStatus(500), 0},
		{"503 after the effect", slacktest.Fault{Status: 503, After: true}, isStatus(503), 1},
		{"reset", slacktest.Fault{Reset: true}, func(err error) bool { return err != nil }, 0},
		{"reset after the effect", slacktest.Fault{Reset: true, After: true}, func(err error) bool { return err != nil }, 1},
		{"hang", slacktest.Fault{Hang: true}, func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }, 0},
		{"hang after the effect", slacktest.Fault{Hang: true, After: true}, func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }, 1},
		{"slow", slacktest.Fault{Slow: 10 * time.Millisecond}, func(err error) bool { return err == nil }, 1},
		{"a code", slacktest.Fault{Error: "internal_error"}, func(err error) bool { return err != nil && err.Error() == "internal_error" }, 0},
		{"another method", slacktest.Fault{Method: "chat.update", Status: 500}, func(err error) bool { return err == nil }, 1},
	} {
		before := len(w.Shown(w.room, w.ines))
		w.Fault(c.fault)
		if err := post(c.what); !c.check(err) {
			t.Errorf("%s: %v", c.what, err)
		}
		w.Heal()
		if n := len(w.Shown(w.room, w.ines)) - before; n != c.shown {
			t.Errorf("%s: %d messages came about, want %d", c.what, n, c.shown)
		}
		if err := post("danach"); err != nil {
			t.Errorf("after %s: %v", c.what, err)
		}
	}
	w.Fault(slacktest.Fault{Method: "chat.postMessage", RetryAfter: 7})
	var limited *slack.RateLimitedError
	if err := post("zu schnell"); !errors.As(err, &limited) || limited.RetryAfter != 7*time.Second {
		t.Errorf("429: %v", err)
	}
	if err := post("war schon unterwegs"); err != nil || len(w.Forgive()) != 0 {
		t.Errorf("a call that could not know: %v, want no breach", err)
	}
	w.Advance(time.Second)
	if err := post("zu früh"); err != nil || len(w.Forgive()) != 1 {
		t.Errorf("before Retry-After was over: %v, want a breach", err)
	}
}

func isStatus(code int) func(error) bool {
	return func(err error) bool {
		var e slack.StatusCodeError
		return errors.As(err, &e) && e.Code == code
	}
}

func TestRateLimits(t *testing.T) {
	w := newTown(t, slacktest.Config{RateLimits: true})
	var a answer
	n := 0
	for ; n < 20; n++ {
		if a = w.call("chat.postMessage", object{"channel": w.room, "text": "x"}); !a.OK {
			break
		}
	}
	if n != 5 || a.status != http.StatusTooManyRequests || a.Error != "ratelimited" || a.header.Get("Retry-After") == "" {
		t.Errorf("after %d messages: %d %q, want 429 after a burst of 5", n, a.status, a.Error)
	}
	if a := w.call("chat.postMessage", object{"channel": w.Direct(w.ines), "text": "x"}); !a.OK {
		t.Errorf("another channel: %q", a.Error)
	}
	w.Advance(3 * time.Second)
	if a := w.call("chat.postMessage", object{"channel": w.room, "text": "x"}); !a.OK {
		t.Errorf("three seconds later: %q", a.Error)
	}
}
