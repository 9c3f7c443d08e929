package teams_test

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"standleitung/adapters/adaptertest"
	"standleitung/adapters/teams"
	"standleitung/adapters/teams/teamstest"
	"standleitung/bot"
)

func TestConformance(t *testing.T) {
	adaptertest.Run(t, func(t *testing.T) *adaptertest.Bench {
		h := newTenant(t, teamstest.Channel)
		// Which team a channel belongs to an activity tells; of the one that a team begins with it is known before.
		h.rooms[0] = h.AddConversation(teamstest.Conversation{
			ID: "19:general@thread.tacv2", Name: "Allgemein", Members: []string{h.staff[0].ID, h.staff[1].ID},
		})
		return h.bench()
	})
}

// tenant is a company in Teams with an adapter in it.
type tenant struct {
	*teamstest.Server

	t     *testing.T
	front *httptest.Server // of the adapter
	back  atomic.Value     // its routes
	rooms [2]teamstest.Conversation
	staff [2]teamstest.User
}

func newTenant(t *testing.T, kind teamstest.Kind) *tenant {
	h := &tenant{t: t}
	h.back.Store(http.HandlerFunc(http.NotFound))
	h.front = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.back.Load().(http.HandlerFunc)(w, r)
	}))
	var commands []teamstest.Command
	for _, s := range bot.Shortcuts() {
		commands = append(commands, teamstest.Command{ID: s.Do, Fetch: true})
	}
	s, err := teamstest.New(teamstest.Config{NoRetries: true, Endpoint: h.front.URL + "/api/messages", Commands: commands})
	if err != nil {
		t.Fatal(err)
	}
	h.Server = s
	h.staff = [2]teamstest.User{
		s.AddUser(teamstest.User{Name: "Ines Brandt", Email: "ines@example.com", Locale: "de-DE"}),
		s.AddUser(teamstest.User{Name: "Jan Okafor", Email: "jan@example.com", Locale: "en-GB"}),
	}
	members := []string{h.staff[0].ID, h.staff[1].ID}
	h.rooms = [2]teamstest.Conversation{
		s.AddConversation(teamstest.Conversation{Name: "Vertrieb", Kind: kind, Members: members}),
		s.AddConversation(teamstest.Conversation{Name: "Presse", Kind: kind, Members: members}),
	}
	t.Cleanup(func() {
		for _, b := range s.Breaches() {
			t.Errorf("teams was treated badly: %v", b)
		}
		h.Close()
	})
	return h
}

// config is that of an adapter for the tenant.
func (h *tenant) config() teams.Config {
	fake := h.Config()
	return teams.Config{
		AppID: fake.AppID, AppPassword: fake.Secret, TenantID: fake.Tenant, LoginURL: h.URL, OpenIDURL: h.MetadataURL(), ServiceURL: h.ServiceURL(), GraphURL: h.GraphURL(),
		ServiceHosts: []string{"127.0.0.1"}, Rooms: []string{h.rooms[0].ID, h.rooms[1].ID}, Now: time.Now, GraphLag: time.Nanosecond, // the fake has none
	}
}

// adapter makes an adapter for the tenant. Nobody knows the address of the connector before somebody has written.
func (h *tenant) adapter() *teams.Adapter {
	h.t.Helper()
	a, err := teams.New(h.config())
	if err != nil {
		h.t.Fatal(err)
	}
	h.back.Store(http.HandlerFunc(a.Routes().ServeHTTP))
	return a
}

func (h *tenant) bench() *adaptertest.Bench {
	identity := func(u teamstest.User) bot.Identity {
		return bot.Identity{Adapter: "teams", ID: u.ID, Name: u.Name, Email: u.Email, Language: u.Locale, Zone: "Europe/Berlin"}
	}
	return &adaptertest.Bench{
		Adapter: h.adapter(), Platform: h,
		Rooms:   [2]bot.Place{teams.RoomPlace(h.rooms[0].ID), teams.RoomPlace(h.rooms[1].ID)},
		People:  [2]bot.Identity{identity(h.staff[0]), identity(h.staff[1])},
		Nowhere: teams.RoomPlace("19:nowhere@thread.tacv2"),
		NoFiles: true, NoReactions: true, // their bytes are out of reach; reactions are told of the bot's own messages only
		Restart: func() bot.Adapter { return h.adapter() },
		Settled: func(core *adaptertest.Core) bool {
			kept, err := core.Kept(h.t.Context(), "mark/"+h.rooms[0].ID)
			return err == nil && len(kept) == 1
		},
	}
}

// Close ends the tenant and what stands in front of the adapter.
func (h *tenant) Close() {
	h.Server.Close()
	h.front.Close()
}

func (h *tenant) conversation(p bot.Place) string {
	switch {
	case p.Direct:
		return h.Server.Direct(p.ID)
	case p.Thread != "":
		return teamstest.Thread(p.ID, p.Thread)
	}
	return p.ID
}

// reaction is what a person sees of what they did. Where the bot offers a form, they open it.
func (h *tenant) reaction(a teamstest.Act, who string) adaptertest.Reaction {
	r := adaptertest.Reaction{Taken: a.Acked}
	if a.Acked && a.Outcome != nil && a.Outcome.Kind == "dialog" {
		r.Form, r.Errors = h.form(who)
	}
	return r
}

// form is the newest dialog of a person, as the core would write it, and the faults in it.
func (h *tenant) form(who string) (*bot.Form, map[string]string) {
	all := h.Dialogs(who)
	if len(all) == 0 {
		return nil, nil
	}
	d := all[len(all)-1]
	if len(d.Inputs) == 0 {
		return nil, nil
	}
	f := &bot.Form{Title: d.Title, Submit: d.Buttons[0].Label, Cancel: d.Buttons[1].Label}
	if data, ok := d.Buttons[0].Data.(map[string]any)["form"].(map[string]any); ok {
		f.Do, _ = data["do"].(string)
	}
	for _, in := range d.Inputs {
		field := bot.Field{
			Name: strings.TrimPrefix(in.ID, "in."), Label: in.Label, Hint: in.Placeholder, Kind: bot.FieldLine, Required: in.Required, Value: in.Value,
		}
		if multiline(d.Card, in.ID) {
			field.Kind = bot.FieldText
		}
		f.Fields = append(f.Fields, field)
	}
	errors := map[string]string{}
	fault := ""
	for line := range strings.SplitSeq(d.Text, "\n") {
		if text, ok := strings.CutPrefix(line, "⚠ "); ok {
			fault = text
		} else if i := strings.TrimSuffix(line, "*"); fault != "" {
			for _, field := range f.Fields {
				if field.Label == strings.TrimSpace(i) {
					errors[field.Name], fault = fault, ""
				}
			}
		}
	}
	if fault != "" && len(f.Fields) > 0 {
		errors[f.Fields[0].Name] = fault
	}
	return f, errors
}

func multiline(card map[string]any, id string) bool {
	body, _ := card["body"].([]any)
	for _, e := range body {
		if in, ok := e.(map[string]any); ok && in["id"] == id {
			return in["isMultiline"] == true
		}
	}
	return false
}

// Say implements [adaptertest.Platform]. Teams has no slash commands: people mention the bot.
func (h *tenant) Say(s adaptertest.Speech) adaptertest.Reaction {
	h.t.Helper()
	at := h.conversation(s.At)
	speech := teamstest.Speech{By: s.By.ID, At: at, Text: s.Text}
	if s.How != adaptertest.Plainly {
		speech.Mentions = []string{h.BotID()}
	}
	a := h.Server.Say(speech)
	if a.Refused != "" {
		h.t.Fatalf("teams does not let somebody speak: %s", a.Refused)
	}
	r := h.reaction(a, s.By.ID)
	if all := h.Server.Shown(at, s.By.ID); a.Acked && s.How == adaptertest.Slashed && len(all) > 0 {
		if last := all[len(all)-1]; last.Ours && len(last.Buttons) == 1 && last.Buttons[0].Type == "Action.Submit" {
			return h.reaction(h.Server.Press(teamstest.Press{By: s.By.ID, At: at, Label: last.Buttons[0].Label}), s.By.ID)
		}
	}
	return r
}

// Edit implements [adaptertest.Platform].
func (h *tenant) Edit(who bot.Identity, at bot.Place, id, text string) adaptertest.Reaction {
	return h.reaction(h.Server.Edit(who.ID, at.ID, id, text), who.ID)
}

// Delete implements [adaptertest.Platform].
func (h *tenant) Delete(who bot.Identity, at bot.Place, id string) adaptertest.Reaction {
	return h.reaction(h.Server.Delete(who.ID, at.ID, id), who.ID)
}

// React implements [adaptertest.Platform].
func (h *tenant) React(who bot.Identity, at bot.Place, id, emoji string, removed bool) adaptertest.Reaction {
	kind := map[string]string{"👍": "like", "❤️": "heart"}[emoji]
	act := h.Server.React
	if removed {
		act = h.Unreact
	}
	return h.reaction(act(who.ID, at.ID, id, kind), who.ID)
}

// Shortcut implements [adaptertest.Platform].
func (h *tenant) Shortcut(who bot.Identity, at bot.Place, id, do string) adaptertest.Reaction {
	return h.reaction(h.Server.Shortcut(who.ID, at.ID, id, do), who.ID)
}

// Press implements [adaptertest.Platform].
func (h *tenant) Press(who bot.Identity, at bot.Place, label string) adaptertest.Reaction {
	h.t.Helper()
	a := h.Server.Press(teamstest.Press{By: who.ID, At: h.conversation(at), Label: label})
	if a.Refused != "" {
		h.t.Fatalf("nobody can press %q: %s", label, a.Refused)
	}
	return h.reaction(a, who.ID)
}

// Submit implements [adaptertest.Platform].
func (h *tenant) Submit(who bot.Identity, _ bot.Place, form *bot.Form, fields map[string]string) adaptertest.Reaction {
	h.t.Helper()
	all := h.Dialogs(who.ID)
	if len(all) == 0 {
		h.t.Fatal("no dialog is open")
	}
	inputs := map[string]string{}
	for name, value := range fields {
		inputs["in."+name] = value
	}
	a := h.SubmitDialog(who.ID, all[len(all)-1].ID, form.Submit, inputs)
	if a.Refused != "" {
		h.t.Fatalf("teams does not send the form: %s", a.Refused)
	}
	return h.reaction(a, who.ID)
}

// Open implements [adaptertest.Platform].
func (h *tenant) Open(who bot.Identity) adaptertest.Reaction {
	at := h.Server.Direct(who.ID)
	return h.reaction(h.Emit(who.ID, at, map[string]any{"type": "installationUpdate", "action": "add"}), who.ID)
}

// Again implements [adaptertest.Platform].
func (h *tenant) Again() adaptertest.Reaction {
	a := h.Server.Again()
	return adaptertest.Reaction{Taken: a.Acked}
}

// Direct implements [adaptertest.Platform].
func (h *tenant) Direct(who bot.Identity) bot.Place { return teams.DirectPlace(who.ID) }

// Shown implements [adaptertest.Platform].
func (h *tenant) Shown(who bot.Identity, at bot.Place) []adaptertest.Shown {
	var all []adaptertest.Shown
	for _, m := range h.Server.Shown(h.conversation(at.Top()), who.ID) {
		if m.Deleted {
			continue
		}
		s := adaptertest.Shown{
			ID: m.ID, By: m.By, Thread: m.Thread, Text: m.Text, Preview: &m.Notification,
			Marked: strings.Contains(m.Text, "vielleicht schon einmal"), Late: strings.Contains(m.Text, "🕓"),
		}
		if m.Ours && m.Card == nil { // the first line of a copy is its author
			s.Author, _, _ = strings.Cut(m.Text, "\n")
		}
		for kind, who := range m.Reactions {
			if slices.Contains(who, h.BotID()) {
				s.Marks = append(s.Marks, map[string]string{"1f440_eyes": "⏳", "2705_whiteheavycheckmark": "✅"}[kind]) // there is no hourglass
			}
		}
		for _, b := range m.Buttons {
			s.Buttons = append(s.Buttons, b.Label)
		}
		if m.Ours {
			s.Text, s.Author = seen(s.Text), seen(s.Author)
			s.Active = active(m)
			s.Formatted = formattedHTML(m.HTML)
		}
		all = append(all, s)
	}
	return all
}

// seen is a text as people see it: what ties characters together is not to be seen, and neither is a blank in an empty line.
func seen(s string) string {
	return strings.NewReplacer("\u2060", "", "\n\u00a0\n", "\n\n", "\n \n", "\n\n").Replace(s)
}

// active is what Teams acts upon in a message, but for what the adapter makes of its own: the author's name is bold, what is
// answered is quoted, and the time of a late copy is in italics.
func active(m teamstest.Seen) []string {
	own := map[string]bool{"strong": m.Card == nil, "blockquote": m.Card == nil, "em": m.Card == nil}
	var all []string
	for _, act := range m.Active {
		if act.Kind == teamstest.Format && own[act.What] {
			own[act.What] = false
			continue
		}
		all = append(all, cmp.Or(string(act.Kind), "?")+" "+act.What)
	}
	return all
}
