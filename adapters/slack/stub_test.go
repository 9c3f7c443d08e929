package slack_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"standleitung/adapters/adaptertest"
	"standleitung/adapters/faketest"
	"standleitung/adapters/slack"
	"standleitung/bot"
)

// now is when everything in these tests happens.
var now = time.Unix(1_796_000_000, 0)

const secret = "8f742231b10e8888abcd99yyyzzz85a5"

// stub is a Web API of ready answers. What was called is recorded.
type stub struct {
	*httptest.Server

	mu      sync.Mutex
	answers map[string]string // by method
	calls   []call
}

type call struct {
	method string
	form   url.Values
}

func newStub(t *testing.T) *stub {
	s := &stub{answers: map[string]string{
		"auth.test":             `{"ok":true,"team_id":"T1","user_id":"UBOT","bot_id":"BBOT"}`,
		"bots.info":             `{"ok":true,"bot":{"id":"BBOT","app_id":"A1"}}`,
		"conversations.history": `{"ok":true,"messages":[{"type":"message","subtype":"channel_join","user":"UBOT","text":"came","ts":"1796000000.000000"}]}`,
		"conversations.replies": `{"ok":true,"messages":[]}`,
		"conversations.open":    `{"ok":true,"channel":{"id":"D1"}}`,
		"chat.postMessage":      `{"ok":true,"channel":"C1","ts":"1796000001.000100"}`,
		"chat.postEphemeral":    `{"ok":true,"message_ts":"1796000002.000100"}`,
		"chat.update":           `{"ok":true,"channel":"C1","ts":"1796000001.000100"}`,
		"chat.delete":           `{"ok":true,"channel":"C1","ts":"1796000001.000100"}`,
		"views.open":            `{"ok":true,"view":{"id":"V1"}}`,
		"views.publish":         `{"ok":true,"view":{"id":"V2"}}`,
	}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// ServeHTTP implements [http.Handler].
func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	method := strings.TrimPrefix(r.URL.Path, "/api/")
	s.mu.Lock()
	s.calls = append(s.calls, call{method, r.Form})
	answer, ok := s.answers[method]
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch {
	case method == "users.info" && !ok:
		fmt.Fprint(w, userInfo(r.Form.Get("user")))
	case strings.HasPrefix(answer, "!"): // "!429 3" and "!500": a status, and how long to wait
		status, wait, _ := strings.Cut(answer[1:], " ")
		if wait != "" {
			w.Header().Set("Retry-After", wait)
		}
		code, _ := strconv.Atoi(status)
		w.WriteHeader(code)
	case ok:
		fmt.Fprint(w, answer)
	default:
		fmt.Fprint(w, `{"ok":false,"error":"unknown_method"}`)
	}
}

// userInfo is somebody by id: UBOT2 is a program, UGUEST a guest, UOTHER of another workspace, everybody else works here.
func userInfo(id string) string {
	u := map[string]any{
		"id": id, "team_id": "T1", "name": strings.ToLower(id), "tz": "Europe/Berlin", "locale": "de-DE",
		"profile": map[string]any{"real_name": "Name " + id, "email": strings.ToLower(id) + "@example.com"},
	}
	switch id {
	case "UBOT2":
		u["is_bot"] = true
	case "UGUEST":
		u["is_restricted"] = true
	case "UOTHER":
		u["team_id"] = "T2"
	case "UNOBODY":
		return `{"ok":false,"error":"user_not_found"}`
	}
	raw, _ := json.Marshal(map[string]any{"ok": true, "user": u})
	return string(raw)
}

// say sets the answer of a method.
func (s *stub) say(method, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[method] = answer
}

// called are the calls of a method.
func (s *stub) called(method string) []url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []url.Values
	for _, c := range s.calls {
		if c.method == method {
			all = append(all, c.form)
		}
	}
	return all
}

// rig is an adapter in HTTP mode at a stub, running.
type rig struct {
	*stub
	t       *testing.T
	adapter *slack.Adapter
	core    *adaptertest.Core
	routes  http.Handler
	mu      sync.Mutex
	ignored []string
	stop    func()
}

func newRig(t *testing.T) *rig {
	r := &rig{stub: newStub(t), t: t, core: adaptertest.NewCore()}
	r.run()
	return r
}

// run starts an adapter, again if there was one.
func (r *rig) run() {
	r.t.Helper()
	if r.stop != nil {
		r.stop()
	}
	a, err := slack.New(slack.Config{
		BotToken: "xoxb-1", SigningSecret: secret, APIURL: r.URL + "/api", Rooms: []string{"C1"}, Now: func() time.Time { return now },
		Slashes: map[string]string{"/darfich": "darf ich"},
		Observe: func(o bot.Observation) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.ignored = append(r.ignored, o.Code)
		},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(r.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, r.core) }()
	r.adapter, r.routes = a, a.Routes()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			r.t.Errorf("Run = %v, want nil", err)
		}
	})
	r.t.Cleanup(r.stop)
	r.until("it is ready", func() bool { return a.Ready() == nil })
	r.until("the history was looked at", func() bool { return len(r.called("conversations.history")) > 0 })
}

func (r *rig) until(what string, ok func() bool) {
	r.t.Helper()
	if !faketest.Await(time.Minute, ok) {
		r.t.Fatalf("waited in vain until %s: ready = %v", what, r.adapter.Ready())
	}
}

// post sends a signed body to one of the routes.
func (r *rig) post(path, body string) *httptest.ResponseRecorder {
	return r.send(path, body, signed(body, now))
}

func (r *rig) send(path, body string, h http.Header) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	for name, values := range h {
		req.Header[name] = values
	}
	w := httptest.NewRecorder()
	r.routes.ServeHTTP(w, req)
	return w
}

// event sends an event and wants it to be acknowledged.
func (r *rig) event(event string) {
	r.t.Helper()
	body := `{"type":"event_callback","team_id":"T1","api_app_id":"A1","event_id":"Ev1","event":` + event + `}`
	if w := r.post("/slack/events", body); w.Code != http.StatusOK {
		r.t.Fatalf("event answered with %d, want 200: %s", w.Code, event)
	}
}

// action sends an interaction.
func (r *rig) action(payload string) *httptest.ResponseRecorder {
	return r.post("/slack/actions", url.Values{"payload": {payload}}.Encode())
}

// got is what the core got.
func (r *rig) got() []bot.Message { return r.core.Received() }

// only is the one message that the core got.
func (r *rig) only() bot.Message {
	r.t.Helper()
	all := r.got()
	if len(all) != 1 {
		r.t.Fatalf("the core got %d messages, want 1: %+v; passed over: %v", len(all), all, r.passed())
	}
	return all[0]
}

// passed are the codes of what was passed over.
func (r *rig) passed() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.ignored)
}

// signed are the headers of a body that Slack sent at an instant.
func signed(body string, at time.Time) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + stamp + ":" + body))
	return http.Header{
		"X-Slack-Request-Timestamp": {stamp}, "X-Slack-Signature": {"v0=" + hex.EncodeToString(mac.Sum(nil))},
	}
}
