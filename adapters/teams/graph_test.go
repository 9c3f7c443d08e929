package teams_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"standleitung/adapters/adaptertest"
	"standleitung/adapters/faketest"
	"standleitung/adapters/teams"
	"standleitung/adapters/teams/teamstest"
	"standleitung/bot"
)

// astray is a Microsoft whose Graph leads elsewhere; elsewhere counts who comes, and with what.
type astray struct {
	*httptest.Server

	elsewhere *httptest.Server
	came      atomic.Int64
	asked     atomic.Int64
	scopes    chan string
}

func newAstray(t *testing.T, answer func(a *astray, w http.ResponseWriter)) *astray {
	a := &astray{scopes: make(chan string, 100)}
	a.elsewhere = httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { a.came.Add(1) }))
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{tenant}/oauth2/v2.0/token", func(w http.ResponseWriter, r *http.Request) {
		scope := r.FormValue("scope")
		a.scopes <- r.PathValue("tenant") + " " + scope
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"token_type": "Bearer", "expires_in": 3600, "access_token": "for " + scope})
	})
	mux.HandleFunc("GET /emea/v3/teams/{id}", func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer for https://api.botframework.com/.default" {
			t.Errorf("the connector is shown %q", got)
		}
		_, _ = fmt.Fprint(w, `{"id":"19:a@thread.tacv2","aadGroupId":"5f1d"}`)
	})
	mux.HandleFunc("GET /v1.0/", func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer for https://graph.microsoft.com/.default" {
			t.Errorf("Microsoft Graph is shown %q", got)
		}
		a.asked.Add(1)
		answer(a, w)
	})
	a.Server = httptest.NewServer(mux)
	t.Cleanup(func() { a.Close(); a.elsewhere.Close() })
	return a
}

// TestGraphTokenStays: the token for Microsoft Graph goes to its host, that of the bot to the connector, and neither anywhere
// else, wherever an answer leads.
func TestGraphTokenStays(t *testing.T) {
	for name, answer := range map[string]func(*astray, http.ResponseWriter){
		"next page elsewhere": func(a *astray, w http.ResponseWriter) {
			_, _ = fmt.Fprintf(w, `{"value":[],"@odata.nextLink":"%s/v1.0/teams"}`, a.elsewhere.URL)
		},
		"next page with a user": func(a *astray, w http.ResponseWriter) {
			_, _ = fmt.Fprintf(w, `{"value":[],"@odata.nextLink":"%s@%s/v1.0/teams"}`, a.URL, strings.TrimPrefix(a.elsewhere.URL, "http://"))
		},
		"more answers elsewhere": func(a *astray, w http.ResponseWriter) {
			_, _ = fmt.Fprintf(w, `{"value":[{"id":"1","messageType":"message","replies@odata.nextLink":"%s/v1.0/teams"}]}`, a.elsewhere.URL)
		},
		"redirect": func(a *astray, w http.ResponseWriter) {
			w.Header().Set("Location", a.elsewhere.URL+"/v1.0/teams")
			w.WriteHeader(http.StatusTemporaryRedirect)
		},
	} {
		t.Run(name, func(t *testing.T) {
			ms := newAstray(t, answer)
			c := teams.Config{
				AppID: appID, AppPassword: "secret", TenantID: tenantID, TokenTenant: "botframework.com", LoginURL: ms.URL, OpenIDURL: ms.URL + "/openid",
				GraphURL: ms.URL, ServiceURL: ms.URL + "/emea", ServiceHosts: []string{"127.0.0.1"}, Rooms: []string{"19:a@thread.tacv2"}, Now: time.Now,
			}
			a, err := teams.New(c)
			if err != nil {
				t.Fatal(err)
			}
			core := adaptertest.NewCore()
			stop := runWith(t, a, core)
			place := teams.RoomPlace("19:a@thread.tacv2")
			if !faketest.Await(time.Minute, func() bool { return a.Hearing(place) != "" }) {
				t.Fatal("nobody says that nothing can be caught up")
			}
			stop()
			if ms.came.Load() != 0 || ms.asked.Load() != 1 {
				t.Errorf("%d calls elsewhere, %d at Microsoft Graph, want none and one", ms.came.Load(), ms.asked.Load())
			}
			close(ms.scopes)
			for got := range ms.scopes {
				if got != "botframework.com https://api.botframework.com/.default" && got != tenantID+" https://graph.microsoft.com/.default" {
					t.Errorf("a token was asked for with %q", got)
				}
			}
		})
	}
}

// TestGraphURL: a token goes to Microsoft Graph over TLS, unless it is on this machine.
func TestGraphURL(t *testing.T) {
	for address, good := range map[string]bool{
		"": true, "https://graph.microsoft.us": true, "http://127.0.0.1:9/": true, "http://graph.microsoft.com": false,
		"https://graph.microsoft.com/v1.0": false, "https://u:p@graph.microsoft.com": false, "https://": false, "graph": false, "https://x?y": false,
	} {
		_, err := teams.New(teams.Config{AppID: "a", AppPassword: "b", TenantID: "c", GraphURL: address, Now: time.Now})
		if (err == nil) != good {
			t.Errorf("%q: %v, want taken: %v", address, err, good)
		}
	}
}

// FuzzHistory: whatever a history says, it is read or passed over, and nothing of it is taken in twice or panics.
func FuzzHistory(f *testing.F) {
	for _, s := range []string{
		`{"id":"1795818064482","messageType":"message","createdDateTime":"2099-01-01T00:00:00Z","from":{"user":{"id":"o"}},"body":{"contentType":"html","content":"<at id=\"3\">x</at><img src=\"/hostedContents/\">"},"mentions":[{"id":3,"mentionText":"x","mentioned":{"application":{"id":"y"}}}]}`,
		`{"id":7,"replies":[null,{"id":"2"},[]]}`, `{"id":"3","deletedDateTime":"2099-01-01T00:00:00Z","messageType":"message"}`, `[]`, `null`,
		`{"id":"4","messageType":"message","createdDateTime":"2099","from":{"user":{"id":"\u0000"}},"replies":[{"id":"5","messageType":"message","createdDateTime":"2099-01-01T00:00:00Z","lastEditedDateTime":"2099-01-01T00:00:01Z","from":{"user":{"id":"o"}},"body":{"contentType":"text","content":"a"}}]}`,
	} {
		f.Add(s)
	}
	a, err := teams.New(teams.Config{AppID: appID, AppPassword: "secret", TenantID: tenantID, ServiceHosts: []string{"nowhere.invalid"}, Now: time.Now})
	if err != nil {
		f.Fatal(err)
	}
	a.Meet("o", "29:o")
	f.Fuzz(func(t *testing.T, entry string) {
		for _, room := range []string{"19:a@thread.tacv2", "19:a@thread.v2"} {
			turns := map[string]bool{}
			for _, m := range a.Past(t.Context(), room, entry) {
				if turns[m.Turn] || m.From.ID != "29:o" && m.Kind != bot.Deleted || m.ID == "" || m.At.IsZero() {
					t.Errorf("taken in: %+v", m)
				}
				turns[m.Turn] = true
			}
		}
	})
}

// TestCheckConsent: the check says where only mentions are heard, and when Microsoft Graph is out of reach.
func TestCheckConsent(t *testing.T) {
	h := newTenant(t, teamstest.GroupChat)
	var out strings.Builder
	if fine, err := teams.Check(t.Context(), h.config(), &out); err != nil || !fine || strings.Count(out.String(), "its history can be read") != 2 {
		t.Errorf("%v, %v:\n%s", fine, err, out.String())
	}
	h.SetConsented(h.rooms[1].ID, false)
	out.Reset()
	if fine, err := teams.Check(t.Context(), h.config(), &out); err != nil || fine ||
		!strings.Contains(out.String(), "MISSING: room "+h.rooms[1].ID+": only mentions are heard") || strings.Count(out.String(), "MISSING") != 1 {
		t.Errorf("%v, %v:\n%s", fine, err, out.String())
	}
	h.Fault(teamstest.Fault{Call: "history", Status: 503, Times: 2})
	out.Reset()
	if fine, err := teams.Check(t.Context(), h.config(), &out); err != nil || fine || strings.Count(out.String(), "graph_url: nothing is caught up") != 2 {
		t.Errorf("%v, %v:\n%s", fine, err, out.String())
	}
}
