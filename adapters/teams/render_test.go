package teams_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"standleitung/adapters/teams/teamstest"

	"standleitung/adapters/teams"
	"standleitung/bot"
	"standleitung/bot/markup"
	"standleitung/bot/say"
)

// TestCard: everything on a card is there, in order, and the lock screen tells nothing of it.
func TestCard(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	a, _ := h.open(t)
	d := card("p", teams.RoomPlace(h.rooms[0].ID), "Was der Bot sagt.\n\nZweiter Absatz {{DATE(2026-12-07T09:30:00Z,SHORT)}}")
	d.Card.Title, d.Card.Meta, d.Card.Quote, d.Card.Marks = "Thema T-41", "seit gestern", "Läuft die *Pumpe* ohne Cloud?", []string{"*Pumpe*"}
	d.Card.Tone, d.Card.Note, d.Card.Preview = bot.ToneHold, "+3 weitere", "Eine Freigabe wartet"
	d.Card.Facts = []bot.Fact{{Label: "Für", Value: "Bewerber"}, {Label: "Bis", Value: "morgen\noder später"}}
	d.Card.Items = []bot.Item{{Ref: "T-1", Text: "Eins", Meta: "alt", Button: &bot.Button{Label: "Lesen", Do: "topic.show T-1"}}, {Text: "Zwei"}}
	for _, label := range []string{"Annehmen", "Ablehnen", "Parken", "Fragen", "Zeigen", "Mehr", "Noch mehr"} {
		d.Card.Buttons = append(d.Card.Buttons, bot.Button{Label: label, Do: "topic.accept T-41", Primary: label == "Annehmen", Danger: label == "Ablehnen"})
	}
	if _, err := a.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	m := h.Server.Shown(h.rooms[0].ID, h.staff[0].ID)[0]
	if m.Notification != "Eine Freigabe wartet" || m.Card["fallbackText"] != "Eine Freigabe wartet" {
		t.Errorf("the lock screen shows %q, a client without cards %q", m.Notification, m.Card["fallbackText"])
	}
	at := 0
	for _, part := range []string{"Thema T-41", "seit gestern", "Läuft die *Pumpe* ohne Cloud?", "Was der Bot sagt.", "Zweiter Absatz", "Für: Bewerber", "Bis: morgen", "oder später", "T-1 · Eins", "alt", "Zwei", "+3 weitere"} {
		i := strings.Index(m.Text[at:], part)
		if i < 0 {
			t.Fatalf("%q is missing or out of order in %q", part, m.Text)
		}
		at += i
	}
	if len(m.Active) > 0 {
		t.Errorf("active are %v", m.Active)
	}
	if len(m.Buttons) != 8 {
		t.Errorf("%d buttons, want 8", len(m.Buttons))
	}
	for _, b := range m.Buttons {
		if want := map[string]string{"Annehmen": "positive", "Ablehnen": "destructive"}[b.Label]; b.Style != want {
			t.Errorf("%s has the style %q, want %q", b.Label, b.Style, want)
		}
	}
}

// TestSplitCard: what does not fit into twenty messages is counted.
func TestSplitCard(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	a, _ := h.open(t)
	d := card("p", teams.RoomPlace(h.rooms[0].ID), "")
	d.Voice = say.Voice{Language: say.German}
	for range 3000 {
		d.Card.Items = append(d.Card.Items, bot.Item{Text: strings.Repeat("Zeile ", 40), Button: &bot.Button{Label: "Lesen", Do: "topic.show T-1"}})
	}
	sent, err := a.Send(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	all := h.Server.Shown(h.rooms[0].ID, h.staff[0].ID)
	if len(sent.IDs) != 21 || len(all) != 21 || !strings.Contains(all[20].Text, "weitere Teile") {
		t.Errorf("%d messages, the last says %q", len(all), all[len(all)-1].Text)
	}
}

// FuzzRender: whatever the texts are, each message fits and is taken, and nothing in them becomes active.
func FuzzRender(f *testing.F) {
	f.Add("Titel", "Text\n\nmit **Sternen** <at>x</at>", "Zitat", "Wert", uint16(3), false)
	f.Add("\x00\xff", "{{DATE(2026-12-07T09:30:00Z,SHORT)}}", "@everyone", "[a](b)", uint16(400), true)
	f.Add("", "", "", "", uint16(0), true)
	f.Add(strings.Repeat("ß", 500), strings.Repeat("\U0001f469\u200d\U0001f680", 3000), strings.Repeat("\"\\\n", 4000), " ", uint16(9), false)
	f.Fuzz(func(t *testing.T, title, text, quote, value string, times uint16, isCopy bool) {
		t.Parallel()
		h := newTenant(t, teamstest.Channel)
		a, _ := h.open(t)
		room := teams.RoomPlace(h.rooms[0].ID)
		many := strings.Repeat(text, int(times%50)+1)
		d := card("p", room, many)
		if isCopy {
			d = copied("p", room, many)
			d.Copy.Author.Name, d.Copy.Quote, d.Copy.More = title, quote, value
			d.Copy.Files = []bot.File{{Name: value, Note: title, Size: int64(times)}}
			d.Copy.Written = time.Unix(int64(times), 0)
		} else {
			d.Card.Title, d.Card.Quote, d.Card.Marks, d.Card.Note, d.Card.Meta = title, quote, []string{value, ""}, value, title
			for range times % 30 {
				d.Card.Facts = append(d.Card.Facts, bot.Fact{Label: title, Value: value})
				d.Card.Items = append(d.Card.Items, bot.Item{Ref: value, Text: text, Meta: quote, Button: &bot.Button{Label: title, Do: value}})
				d.Card.Buttons = append(d.Card.Buttons, bot.Button{Label: value, Do: "topic.suggest"})
			}
		}
		if _, err := a.Send(t.Context(), d); err != nil {
			t.Fatalf("Send = %v", err)
		}
		for _, m := range h.Server.Shown(room.ID, h.staff[0].ID) {
			if found := active(m); len(found) > 0 {
				t.Errorf("active are %q", found)
			}
		}
	})
}

// FuzzText: the formatted text of a person is never lost between Teams and what the core gets.
func FuzzText(f *testing.F) {
	f.Add("Die Pumpe\nläuft")
	f.Add("<at>x</at> & &amp; \u00a0")
	h, core := loopback(f)
	f.Fuzz(func(t *testing.T, text string) {
		act := hello()
		act["serviceUrl"], act["text"] = "http://localhost:1/", text
		raw, err := json.Marshal(act)
		if err != nil {
			t.Fatal(err)
		}
		before := len(core.Received())
		if w := local(h, string(raw)); w.Code != 200 {
			t.Fatalf("status %d", w.Code)
		}
		m := core.Received()[before]
		if m.Text != markup.Plain(m.Body) {
			t.Errorf("the text is %q, the body says %q", m.Text, markup.Plain(m.Body))
		}
	})
}
