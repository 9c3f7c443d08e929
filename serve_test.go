package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"standleitung/bot"
	"standleitung/bot/say"
	"standleitung/store/bolt"
)

// TestMark: the invented people of the example and real ones never share a store.
func TestMark(t *testing.T) {
	w := world{now: time.Now}
	log := slog.New(slog.DiscardHandler)
	for _, example := range []bool{true, false} {
		path := filepath.Join(t.TempDir(), "store.db")
		c := &Config{Store: StoreConfig{URL: NewSecret("bbolt:" + path)}, Example: example}
		store, err := openStore(t.Context(), c, w, log)
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		c.Example = !example
		if _, err := openStore(t.Context(), c, w, log); !errors.Is(err, bolt.ErrMark) || !strings.Contains(err.Error(), "example") {
			t.Errorf("store of example=%v opened with example=%v: %v", example, !example, err)
		}
	}
}

func TestMembers(t *testing.T) {
	c, err := ParseConfig("c", []byte(`
language: en
rooms:
  pr:    {party: pr, web: press}
  sales: {party: sales, web: sales}
people:
  ines: {name: Ines Falk, email: ines@example.com, roles: [pr], language: de, address: du, timezone: Europe/London}
  kim: {}
roles:
  lead: {people: [kim, ines]}
`), environment())
	if err != nil {
		t.Fatal(err)
	}
	members := coreMembers(c)
	if len(members) != 2 || members[0].Roles != bot.PR|bot.Lead || members[1].Roles != bot.Lead || members[1].Zone != nil {
		t.Errorf("got members %+v", members)
	}
	want := []bot.Identity{{Adapter: "web", ID: "ines", Name: "Ines Falk", Email: "ines@example.com"}}
	if diff := cmp.Diff(want, members[0].Identities); diff != "" {
		t.Errorf("identities (-want +got)\n%s", diff)
	}
	chat := chatConfig(c, time.Now, nil)
	if len(chat.Rooms) != 2 || chat.Rooms[0].ID != "press" || chat.Rooms[0].Party != "pr" {
		t.Errorf("got rooms %+v", chat.Rooms)
	}
	ines, kim := chat.People[0], chat.People[1]
	if ines.Party != "pr" || ines.Language != say.German || ines.Address != say.Du || !strings.Contains(ines.Title, "PR") {
		t.Errorf("got %+v", ines)
	}
	if kim.Party != "" || kim.Language != say.English || kim.Address != say.Sie || kim.Title != "comms lead" {
		t.Errorf("got %+v", kim)
	}
}

// stuckStore stands for a disk that does not answer, or a store that cannot be written.
type stuckStore struct {
	bot.Store

	update func() error
	tries  *int
}

func (s stuckStore) Update(context.Context, func(bot.Tx) error) error {
	*s.tries++
	return s.update()
}

// brokenAdapter is not ready.
type brokenAdapter struct{ bot.Adapter }

func (brokenAdapter) Name() string { return "web" }
func (brokenAdapter) Ready() error { return errors.New("no connection") }

func TestReadyz(t *testing.T) {
	tries := 0
	release := make(chan struct{})
	full := func() error { return errors.New("the disk is full") }
	for name, tc := range map[string]struct {
		health *health
		want   string
	}{
		"ready":  {newHealth(stuckStore{nil, func() error { return nil }, &tries}, nil), `{"ready":true}`},
		"full":   {newHealth(stuckStore{nil, full, &tries}, nil), `{"ready":false,"problems":{"store":"the disk is full"}}`},
		"broken": {newHealth(stuckStore{nil, full, &tries}, []bot.Adapter{brokenAdapter{}}), `{"ready":false,"problems":{"store":"the disk is full","web":"no connection"}}`},
	} {
		res := httptest.NewRecorder()
		tc.health.ServeHTTP(res, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		if got := strings.TrimSpace(res.Body.String()); got != tc.want {
			t.Errorf("%s: got %s, want %s", name, got, tc.want)
		}
		if ready := res.Code == http.StatusOK; ready != strings.Contains(tc.want, "true") {
			t.Errorf("%s: got status %d", name, res.Code)
		}
	}
	// A stuck disk is tried once, however often somebody asks, and nobody waits long.
	tries = 0
	synctest.Test(t, func(t *testing.T) {
		h := newHealth(stuckStore{nil, func() error { <-release; return nil }, &tries}, nil)
		release = make(chan struct{})
		for range 3 {
			res := httptest.NewRecorder()
			h.ServeHTTP(res, httptest.NewRequest(http.MethodGet, "/readyz", nil))
			var answer struct{ Problems map[string]string }
			if err := json.Unmarshal(res.Body.Bytes(), &answer); err != nil || answer.Problems["store"] != "the store did not write within 2s" {
				t.Errorf("got %s", res.Body)
			}
		}
		close(release)
		synctest.Wait()
		if tries != 1 {
			t.Errorf("the stuck store was tried %d times, want once", tries)
		}
	})
}

func TestFrontPage(t *testing.T) {
	for path, want := range map[string]int{"/": http.StatusOK, "/chat/setup": http.StatusNotFound, "/x": http.StatusNotFound} {
		res := httptest.NewRecorder()
		hardened(http.HandlerFunc(frontPage)).ServeHTTP(res, httptest.NewRequest(http.MethodGet, path, nil))
		if res.Code != want {
			t.Errorf("%s: got status %d, want %d", path, res.Code, want)
		}
		if res.Header().Get("X-Content-Type-Options") != "nosniff" || res.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("%s: headers are missing: %v", path, res.Header())
		}
	}
}
