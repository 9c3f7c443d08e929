package teamstest_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"standleitung/adapters/teams/teamstest"
)

// TestForgeriesAreRefused checks both sides: a bot by the book refuses each of them, and one that does not is in breach.
func TestForgeriesAreRefused(t *testing.T) {
	w := newTown(t, teamstest.Config{})
	hello := teamstest.Speech{By: w.ines.ID, At: w.room, Text: "Hallo"}
	for _, f := range teamstest.Forgeries() {
		w.Forge(f)
		if a := w.Say(hello); a.Acked || a.Status != http.StatusForbidden {
			t.Errorf("%s: %+v, want it refused", f, a.Heard)
		}
	}
	if a := w.Say(hello); !a.Acked {
		t.Errorf("an honest token: %+v", a.Heard)
	}
	gullible := teamstest.Config{Endpoint: "unset"}
	g := newTown(t, gullible)
	server := anyAnswer(t)
	g.SetEndpoint(server)
	for _, f := range teamstest.Forgeries() {
		g.Forge(f)
		g.Say(teamstest.Speech{By: g.ines.ID, At: g.room, Text: "Hallo"})
		g.forgiven(string(f))
	}
}

func TestKeysRotate(t *testing.T) {
	w := newTown(t, teamstest.Config{})
	hello := teamstest.Speech{By: w.ines.ID, At: w.room, Text: "Hallo"}
	for i := range 2 {
		if a := w.Say(hello); !a.Acked {
			t.Fatalf("message %d: %+v", i, a.Heard)
		}
	}
	if n := w.Calls("keys"); n != 1 {
		t.Errorf("keys were fetched %d times, want once", n)
	}
	w.RotateKeys()
	if a := w.Say(hello); !a.Acked || w.Calls("keys") != 2 {
		t.Errorf("after the rotation: %+v, keys fetched %d times", a.Heard, w.Calls("keys"))
	}
	w.Fault(teamstest.Fault{Call: "keys", Status: 503})
	w.RotateKeys()
	if a := w.Say(hello); a.Acked {
		t.Error("taken without keys")
	}
}

func TestTokenEndpoint(t *testing.T) {
	for _, c := range []struct {
		change map[string]string
		status int
		code   string
	}{
		{nil, 200, ""},
		{map[string]string{"client_secret": "falsch"}, 401, "invalid_client"},
		{map[string]string{"client_id": "falsch"}, 400, "unauthorized_client"},
		{map[string]string{"scope": "https://management.azure.com/.default"}, 400, "invalid_scope"},
		{map[string]string{"grant_type": "password"}, 400, "unsupported_grant_type"},
		{map[string]string{"tenant": "nowhere"}, 400, "invalid_request"},
	} {
		t.Run(fmt.Sprint(c.change), func(t *testing.T) {
			w := newTown(t, teamstest.Config{})
			status, body := w.bot.signIn(c.change)
			if code, _ := body["error"].(string); status != c.status || code != c.code {
				t.Errorf("answered %d %v, want %d %s", status, body, c.status, c.code)
			}
			if c.code != "" {
				w.forgiven(c.code)
			} else if body["token_type"] != "Bearer" || body["expires_in"] != 3600.0 {
				t.Errorf("body = %v", body)
			}
		})
	}
}

func TestTokenEndpointBreaks(t *testing.T) {
	w := newTown(t, teamstest.Config{})
	w.bot.http.Timeout = 50 * time.Millisecond
	for _, f := range []teamstest.Fault{{Status: 401}, {Status: 500}, {Reset: true}, {Hang: true}} {
		f.Call = "token"
		w.Fault(f)
		if status, _ := w.bot.signIn(nil); status != f.Status {
			t.Errorf("%+v was answered %d", f, status)
		}
	}
	w.bot.http.Timeout = patience
	if status, _ := w.bot.signIn(nil); status != 200 {
		t.Errorf("after the faults: %d", status)
	}
}

// TestBearer: the connector takes tokens of its own authority, while they last.
func TestBearer(t *testing.T) {
	w := newTown(t, teamstest.Config{Times: teamstest.Times{Token: 10 * time.Minute}})
	post := func() int {
		return w.bot.call(http.MethodPost, text("Hallo"), "conversations", w.room, "activities").status
	}
	if got := post(); got != 201 {
		t.Fatalf("posting was answered %d", got)
	}
	w.Advance(11 * time.Minute)
	if got := post(); got != 401 {
		t.Errorf("with an expired token: %d", got)
	}
	w.forgiven("expired")
	w.bot.signIn(nil)
	w.Revoke()
	if got := post(); got != 401 {
		t.Errorf("with a revoked token: %d", got)
	}
	w.forgiven("revoked")
	w.bot.signIn(map[string]string{"tenant": "botframework.com"})
	if got := post(); got != 401 {
		t.Errorf("with a token of the common authority: %d", got)
	}
	w.forgiven("another authority")
	w.bot.token = ""
	if a := w.bot.raw(http.MethodGet, w.ServiceURL()+"v3/teams/x", nil); a.status != 401 {
		t.Errorf("without a token: %d", a.status)
	}
	w.forgiven("no bearer token")
	w.SetSecret("neu")
	if status, _ := w.bot.signIn(nil); status != 200 {
		t.Errorf("with the new secret: %d", status)
	}
}
