package slack_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"standleitung/adapters/adaptertest"
	"standleitung/adapters/slack"
	"standleitung/adapters/slack/slacktest"
	"standleitung/bot"
	"standleitung/bot/markup"
)

func TestConformanceOverSockets(t *testing.T) {
	adaptertest.Run(t, func(t *testing.T) *adaptertest.Bench { return newHouse(t, overSockets).bench() })
}

func TestConformanceOverHTTP(t *testing.T) {
	adaptertest.Run(t, func(t *testing.T) *adaptertest.Bench { return newHouse(t, overHTTP).bench() })
}

// way is how Slack reaches the adapter.
type way string

const (
	overSockets way = "sockets"
	overHTTP    way = "http"
)

// house is a workspace with an adapter in it.
type house struct {
	*slacktest.Server

	t     *testing.T
	way   way
	front *httptest.Server // of the adapter
	back  atomic.Value     // its routes
	rooms [2]slacktest.Channel
	staff [2]slacktest.User
	// people are those whom the configuration knows.
	people []bot.Identity
	// following are the rooms whose members are told.
	following []string
	// now is the adapter's clock.
	now func() time.Time
}

func newHouse(t *testing.T, way way) *house {
	h := &house{t: t, way: way, now: time.Now}
	c := slacktest.Config{NoRetries: true}
	h.back.Store(http.HandlerFunc(http.NotFound))
	if way == overHTTP {
		h.front = httptest.NewServer(http.HandlerFunc(h.forward))
		c.RequestURL = h.front.URL
	}
	s, err := slacktest.New(c)
	if err != nil {
		t.Fatal(err)
	}
	h.Server = s
	h.staff = [2]slacktest.User{
		s.AddUser(slacktest.User{Name: "ines", RealName: "Ines Brandt", Email: "ines@example.com"}),
		s.AddUser(slacktest.User{Name: "jan", RealName: "Jan Okafor", Email: "jan@example.com", Locale: "en-GB", TZ: "Europe/London"}),
	}
	members := []string{h.staff[0].ID, h.staff[1].ID, slacktest.BotUser}
	h.rooms = [2]slacktest.Channel{
		s.AddChannel(slacktest.Channel{Name: "vertrieb", Members: members}),
		s.AddChannel(slacktest.Channel{Name: "presse", Kind: slacktest.Private, Members: members}),
	}
	t.Cleanup(func() {
		for _, b := range s.Breaches() {
			t.Errorf("slack was treated badly: %v", b)
		}
		h.Close()
	})
	return h
}

// forward sends everything to the address that the app's settings would name for it: the fake has one address for all.
func (h *house) forward(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "cut off", http.StatusBadRequest)
		return
	}
	r.URL.Path = "/slack/events"
	if r.Header.Get("Content-Type") == "application/x-www-form-urlencoded" {
		r.URL.Path = "/slack/commands"
		if strings.HasPrefix(string(body), "payload=") {
			r.URL.Path = "/slack/actions"
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	h.back.Load().(http.HandlerFunc)(w, r)
}

// adapter makes an adapter for the workspace.
func (h *house) adapter() *slack.Adapter {
	h.t.Helper()
	fake := h.Config()
	c := slack.Config{
		BotToken: fake.BotToken, SigningSecret: fake.SigningSecret, APIURL: h.APIURL(), Rooms: []string{h.rooms[0].ID, h.rooms[1].ID},
		People: h.people, Following: h.following, Now: h.now,
	}
	if h.way == overSockets {
		c.AppToken = fake.AppToken
	}
	a, err := slack.New(c)
	if err != nil {
		h.t.Fatal(err)
	}
	h.back.Store(http.HandlerFunc(a.Routes().ServeHTTP))
	return a
}

func (h *house) bench() *adaptertest.Bench {
	identity := func(u slacktest.User) bot.Identity {
		return bot.Identity{Adapter: "slack", ID: u.ID, Name: u.RealName, Email: u.Email, Language: u.Locale, Zone: u.TZ}
	}
	h.back.Store(http.HandlerFunc(http.NotFound))
	return &adaptertest.Bench{
		Adapter: h.adapter(), Platform: h,
		Rooms:   [2]bot.Place{slack.RoomPlace(h.rooms[0].ID), slack.RoomPlace(h.rooms[1].ID)},
		People:  [2]bot.Identity{identity(h.staff[0]), identity(h.staff[1])},
		Nowhere: slack.RoomPlace("C0NOWHERE1"),
		Restart: func() bot.Adapter { return h.adapter() },
	}
}

// Close ends the workspace and what stands in front of the adapter.
func (h *house) Close() {
	h.Server.Close()
	if h.front != nil {
		h.front.Close()
	}
}

func (h *house) channel(p bot.Place) string {
	if p.Direct {
		return h.Server.Direct(p.ID)
	}
	return p.ID
}

func (h *house) reaction(a slacktest.Act, who string) adaptertest.Reaction {
	r := adaptertest.Reaction{Taken: a.Acked, Errors: a.Errors}
	if v := h.TopView(who); v != nil && a.Acked {
		r.Form = h.form(v)
	}
	return r
}

// form is what a person sees, as the core would write it.
func (h *house) form(v *slacktest.View) *bot.Form {
	var state struct{ Do string }
	if err := json.Unmarshal([]byte(v.Metadata), &state); err != nil {
		h.t.Errorf("metadata of the view: %v", err)
	}
	f := &bot.Form{Do: state.Do, Title: v.Title, Submit: v.SubmitLabel, Cancel: v.Close}
	for _, in := range v.Fields {
		field := bot.Field{Name: in.BlockID, Label: in.Label, Hint: in.Hint, Kind: bot.FieldLine, Required: !in.Optional, Value: in.Value}
		if in.Multiline {
			field.Kind = bot.FieldText
		}
		f.Fields = append(f.Fields, field)
	}
	return f
}

// Say implements [adaptertest.Platform].
func (h *house) Say(s adaptertest.Speech) adaptertest.Reaction {
	h.t.Helper()
	channel := h.channel(s.At)
	if s.How == adaptertest.Slashed {
		return h.reaction(h.Slash(s.By.ID, channel, "/standleitung", s.Text), s.By.ID)
	}
	speech := slacktest.Speech{By: s.By.ID, Channel: channel, Text: s.Text, Thread: s.At.Thread}
	if s.How == adaptertest.Mentioned {
		speech.Mentions = []string{slacktest.BotUser}
	}
	for _, f := range s.Files {
		speech.Files = append(speech.Files, slacktest.Upload{Name: f.Name, Bytes: f.Data})
	}
	a := h.Server.Say(speech)
	if a.Refused != "" {
		h.t.Fatalf("slack does not let somebody speak: %s", a.Refused)
	}
	return h.reaction(a, s.By.ID)
}

// Edit implements [adaptertest.Platform].
func (h *house) Edit(who bot.Identity, at bot.Place, id, text string) adaptertest.Reaction {
	return h.reaction(h.Server.Edit(who.ID, h.channel(at), id, text), who.ID)
}

// Delete implements [adaptertest.Platform].
func (h *house) Delete(who bot.Identity, at bot.Place, id string) adaptertest.Reaction {
	return h.reaction(h.Server.Delete(who.ID, h.channel(at), id), who.ID)
}

// React implements [adaptertest.Platform].
func (h *house) React(who bot.Identity, at bot.Place, id, emoji string, removed bool) adaptertest.Reaction {
	h.t.Helper()
	name, ok := markup.EmojiName(emoji)
	if !ok {
		h.t.Fatalf("%q has no name", emoji)
	}
	act := h.Server.React
	if removed {
		act = h.Unreact
	}
	return h.reaction(act(who.ID, h.channel(at), id, name), who.ID)
}

// Shortcut implements [adaptertest.Platform].
func (h *house) Shortcut(who bot.Identity, at bot.Place, id, do string) adaptertest.Reaction {
	return h.reaction(h.Server.Shortcut(who.ID, do, h.channel(at), id), who.ID)
}

// Press implements [adaptertest.Platform].
func (h *house) Press(who bot.Identity, at bot.Place, label string) adaptertest.Reaction {
	h.t.Helper()
	channel := h.channel(at)
	all := h.Server.Shown(channel, who.ID)
	for i := len(all) - 1; i >= 0; i-- {
		for _, b := range all[i].Buttons {
			if b.Label == label {
				return h.reaction(h.Server.Press(who.ID, channel, all[i].TS, label), who.ID)
			}
		}
	}
	h.t.Fatalf("nobody can press %q", label)
	return adaptertest.Reaction{}
}

// Submit implements [adaptertest.Platform].
func (h *house) Submit(who bot.Identity, _ bot.Place, _ *bot.Form, fields map[string]string) adaptertest.Reaction {
	a := h.Server.Submit(who.ID, fields)
	return adaptertest.Reaction{Taken: a.Acked, Errors: a.Errors}
}

// Open implements [adaptertest.Platform].
func (h *house) Open(who bot.Identity) adaptertest.Reaction {
	return h.reaction(h.OpenHome(who.ID, "messages"), who.ID)
}

// Again implements [adaptertest.Platform].
func (h *house) Again() adaptertest.Reaction {
	a := h.Server.Again()
	return adaptertest.Reaction{Taken: a.Acked, Errors: a.Errors}
}

// Direct implements [adaptertest.Platform].
func (h *house) Direct(who bot.Identity) bot.Place { return slack.DirectPlace(who.ID) }

// Shown implements [adaptertest.Platform]. A message of files alone belongs to the text above it, as Slack shows them: signed
// by the same, one below the other.
func (h *house) Shown(who bot.Identity, at bot.Place) []adaptertest.Shown {
	var all []adaptertest.Shown
	for _, m := range h.Server.Shown(h.channel(at), who.ID) {
		if m.Tombstone {
			continue
		}
		s := h.shown(m)
		if n := len(all) - 1; m.Ours && m.Text == "" && n >= 0 && all[n].Author == s.Author && all[n].Thread == s.Thread {
			all[n].Files = append(all[n].Files, s.Files...)
			continue
		}
		all = append(all, s)
	}
	return all
}

func (h *house) shown(m slacktest.Seen) adaptertest.Shown {
	s := adaptertest.Shown{
		ID: m.TS, By: m.By, Thread: m.Thread, Text: m.Text, Preview: &m.Notification,
		Marked: strings.Contains(m.Text, "vielleicht schon einmal"), Late: strings.Contains(m.Text, "🕓"),
	}
	if m.Override {
		s.Author, s.Formatted = m.Author, formattedBlocks(m.Blocks)
	}
	for _, b := range m.Buttons {
		s.Buttons = append(s.Buttons, b.Label)
	}
	for name, who := range m.Reactions {
		if sign, ok := markup.Emoji(name); ok && slices.Contains(who, slacktest.BotUser) {
			s.Marks = append(s.Marks, sign)
		}
	}
	for _, f := range m.Files {
		if !f.Gone {
			s.Files = append(s.Files, adaptertest.Upload{Name: f.Name, Data: f.Bytes})
		}
	}
	for _, act := range m.Active {
		if m.Ours && act.Kind != slacktest.Date {
			s.Active = append(s.Active, string(act.Kind)+" "+act.What)
		}
	}
	return s
}
