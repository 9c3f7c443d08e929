package teamstest_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"standleitung/adapters/adaptertest"
	"standleitung/adapters/teams/teamstest"
	"standleitung/bot"
)

// platform shows that the fake is enough for the conformance suite of adapters. What it makes of ids is one way to do so; an
// adapter has its own.
type platform struct{ *town }

var _ adaptertest.Platform = platform{}

func (p platform) Close() { p.town.Close() }

// at is the conversation of a place.
func (p platform) at(place bot.Place) string {
	if place.Thread != "" {
		return teamstest.Thread(place.ID, place.Thread)
	}
	return place.ID
}

// reaction is what an act comes to.
func (p platform) reaction(a teamstest.Act) adaptertest.Reaction {
	r := adaptertest.Reaction{Taken: a.Acked}
	if a.Outcome == nil || a.Outcome.Dialog == nil {
		return r
	}
	d := a.Outcome.Dialog
	r.Form = &bot.Form{Do: d.ID, Title: d.Title}
	for _, in := range d.Inputs {
		f := bot.Field{Name: in.ID, Label: in.Label, Hint: in.Placeholder, Kind: bot.FieldLine, Required: in.Required, Value: in.Value, Max: in.Max}
		if in.Multiline {
			f.Kind = bot.FieldText
		}
		for _, c := range in.Choices {
			f.Kind = bot.FieldChoice
			f.Options = append(f.Options, bot.Option{Value: c.Value, Label: c.Title})
		}
		r.Form.Fields = append(r.Form.Fields, f)
	}
	return r
}

func (p platform) SayRichly(who bot.Identity, at bot.Place, mentioned bot.Identity) adaptertest.Reaction {
	return p.reaction(p.town.Say(teamstest.Speech{
		By: who.ID, At: p.at(at), HTML: "<p><strong>Wichtig</strong> <at id=\"0\">" + mentioned.Name + "</at></p>", Mentions: []string{mentioned.ID},
	}))
}

func (p platform) Say(s adaptertest.Speech) adaptertest.Reaction {
	said := teamstest.Speech{By: s.By.ID, At: p.at(s.At), Text: s.Text}
	switch s.How {
	case adaptertest.Mentioned:
		said.Mentions = []string{p.BotID()}
	case adaptertest.Slashed:
		said.Text = "/standleitung " + s.Text
	}
	for _, f := range s.Files {
		said.Files = append(said.Files, teamstest.Upload{Name: f.Name, Bytes: f.Data})
	}
	return p.reaction(p.Server.Say(said))
}

func (p platform) Edit(who bot.Identity, at bot.Place, id, text string) adaptertest.Reaction {
	return p.reaction(p.Server.Edit(who.ID, p.at(at), id, text))
}

func (p platform) Delete(who bot.Identity, at bot.Place, id string) adaptertest.Reaction {
	return p.reaction(p.Server.Delete(who.ID, p.at(at), id))
}

func (p platform) React(who bot.Identity, at bot.Place, id, emoji string, removed bool) adaptertest.Reaction {
	kind := map[string]string{"👍": "like", "❤️": "heart"}[emoji]
	if removed {
		return p.reaction(p.Unreact(who.ID, p.at(at), id, kind))
	}
	return p.reaction(p.Server.React(who.ID, p.at(at), id, kind))
}

func (p platform) Shortcut(who bot.Identity, at bot.Place, id, do string) adaptertest.Reaction {
	return p.reaction(p.Server.Shortcut(who.ID, p.at(at), id, do))
}

func (p platform) Press(who bot.Identity, at bot.Place, label string) adaptertest.Reaction {
	return p.reaction(p.Server.Press(teamstest.Press{By: who.ID, At: p.at(at), Label: label}))
}

func (p platform) Submit(who bot.Identity, _ bot.Place, form *bot.Form, fields map[string]string) adaptertest.Reaction {
	return p.reaction(p.SubmitDialog(who.ID, form.Do, "", fields))
}

func (p platform) Open(who bot.Identity) adaptertest.Reaction {
	return p.reaction(p.Server.Open(who.ID))
}

func (p platform) Again() adaptertest.Reaction { return p.reaction(p.Server.Again()) }

func (p platform) Direct(who bot.Identity) bot.Place {
	return bot.Place{Adapter: "teams", ID: p.Server.Direct(who.ID), Direct: true}
}

func (p platform) Shown(who bot.Identity, at bot.Place) []adaptertest.Shown {
	var all []adaptertest.Shown
	for _, s := range p.Server.Shown(p.at(at), who.ID) {
		if s.Deleted {
			continue
		}
		v := adaptertest.Shown{ID: s.ID, By: s.By, Thread: s.Thread, Text: s.Text}
		for _, b := range s.Buttons {
			v.Buttons = append(v.Buttons, b.Label)
		}
		for _, a := range s.Active {
			v.Active = append(v.Active, string(a.Kind)+" "+a.What)
		}
		for _, f := range s.Files {
			v.Files = append(v.Files, adaptertest.Upload{Name: f.Name, Data: f.Bytes})
		}
		if s.Ours {
			v.Preview = &s.Notification
		}
		all = append(all, v)
	}
	return all
}

// TestPlatform goes through the suite's hands once.
func TestPlatform(t *testing.T) {
	p := platform{newTown(t, teamstest.Config{NoRetries: true})}
	ines, room := bot.Identity{ID: p.ines.ID}, bot.Place{ID: p.room}
	taken := func(r adaptertest.Reaction) adaptertest.Reaction {
		t.Helper()
		if !r.Taken {
			t.Errorf("not taken: %+v", r)
		}
		return r
	}
	taken(p.Say(adaptertest.Speech{By: ines, At: room, How: adaptertest.Mentioned, Text: "plan"}))
	root := p.Shown(ines, room)[0].ID
	taken(p.Say(adaptertest.Speech{By: ines, At: bot.Place{ID: p.room, Thread: root}, Text: "Antwort"}))
	taken(p.Edit(ines, room, root, "anderer plan"))
	taken(p.Open(ines))
	taken(p.Again())
	fetch := object{"type": "Action.Submit", "title": "Fragen", "data": object{"msteams": object{"type": "task/fetch"}}}
	id := p.bot.post(p.room, withCard(card([]any{block("Thema T-41")}, fetch)))
	taken(p.React(ines, room, id, "👍", false))
	taken(p.React(ines, room, id, "👍", true))
	p.bot.says(200, window(card([]any{line("what", "Thema")}, object{"type": "Action.Submit", "title": "Senden"})))
	form := taken(p.Press(ines, room, "Fragen")).Form
	want := []bot.Field{{Name: "what", Label: "Thema", Kind: bot.FieldLine, Required: true, Max: 10}}
	if diff := cmp.Diff(want, form.Fields); diff != "" {
		t.Errorf("the form (-want +got):\n%s", diff)
	}
	p.bot.says(200, nil)
	taken(p.Submit(ines, room, form, map[string]string{"what": "Pumpe"}))
	p.bot.says(200, window(card([]any{line("what", "Thema")}, object{"type": "Action.Submit", "title": "Senden"})))
	if taken(p.Shortcut(ines, room, root, "ask")).Form == nil {
		t.Error("the shortcut opened no form")
	}
	p.bot.says(200, nil)
	direct := p.Direct(ines)
	taken(p.Say(adaptertest.Speech{By: ines, At: direct, Files: []adaptertest.Upload{{Name: "a.txt", Data: []byte("a")}}}))
	taken(p.Delete(ines, room, root))
	var texts []string
	for _, s := range p.Shown(ines, room) {
		texts = append(texts, s.Text+" "+strings.Join(s.Buttons, ","))
	}
	if diff := cmp.Diff([]string{"Antwort ", "Thema T-41 Fragen"}, texts); diff != "" {
		t.Errorf("shown (-want +got):\n%s", diff)
	}
	kinds := map[any]int{}
	for _, a := range p.bot.heard() {
		kinds[a["type"]]++
	}
	if want := map[any]int{
		"message": 3, "messageUpdate": 1, "messageDelete": 1, "messageReaction": 2, "installationUpdate": 2, "conversationUpdate": 2, "invoke": 3,
	}; !maps.Equal(kinds, want) {
		t.Errorf("the bot heard %v, want %v", kinds, want)
	}
}
