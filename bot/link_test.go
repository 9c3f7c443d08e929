package bot_test

import (
	"testing"

	"standleitung/bot"
)

// TestLinkedByMail finds that whom the platform says to have a member's e-mail is that member, if it is of the company's own
// domain and the member has no account there yet, and that nobody else becomes one.
func TestLinkedByMail(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		who  bot.Identity
		want string
	}{
		{bot.Identity{ID: "U1", Name: "P. B.", Email: "paula@Example.com"}, "Paula Berg"},
		{bot.Identity{ID: "U6", Name: "P. B. 2", Email: "paula@example.com"}, "P. B. 2"},
		{bot.Identity{ID: "U7", Name: "L. B.", Email: "lena@example.com"}, "L. B."},
		{bot.Identity{ID: "U2", Name: "Gast", Email: "paula@example.com", Guest: true}, ""},
		{bot.Identity{ID: "U3", Name: "Fremd", Email: "paula@example.org"}, "Fremd"},
		{bot.Identity{ID: "U4", Name: "Ohne"}, "Ohne"},
		{bot.Identity{ID: "U5", Name: "Leer", Email: "@example.com"}, "Leer"},
	} {
		c.who.Adapter = "chat"
		known := bot.Message{Turn: "known-" + c.who.ID, Kind: bot.Known, Place: bot.Place{Adapter: "chat", ID: c.who.ID, Direct: true}, From: c.who}
		if _, err := f.bot.Receive(t.Context(), known); err != nil {
			t.Fatal(err)
		}
		m := direct(c.who.ID, "who-"+c.who.ID, "wer bin ich")
		m.From = c.who
		if _, err := f.bot.Receive(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		cards := f.said(t, c.who.ID)
		if len(cards) != 1 || cards[0].Title != c.want {
			t.Errorf("%+v is told %+v, want to be %q", c.who, cards, c.want)
		}
	}
}

// TestKnown has a platform tell who people are before they did anything: a member can be told something then, and is spoken
// to as the platform says; of others nothing is kept, and nobody hears of it.
func TestKnown(t *testing.T) {
	f := newFixture(t)
	know := func(turn string, who bot.Identity) {
		t.Helper()
		m := bot.Message{Turn: turn, Kind: bot.Known, Place: bot.Place{Adapter: "chat", ID: who.ID, Direct: true}, From: who}
		if _, err := f.bot.Receive(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	people := func() map[string]*bot.Person {
		t.Helper()
		found := map[string]*bot.Person{}
		err := f.store.View(t.Context(), func(r bot.Reader) error {
			for p, err := range bot.People.All(r, bot.Query{}) {
				if err != nil {
					return err
				}
				found[p.ID] = p
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	paula := bot.Identity{Adapter: "chat", ID: "U1", Name: "P. B.", Email: "paula@example.com", Language: "en-GB", Zone: "Europe/London"}
	know("k1", bot.Identity{Adapter: "chat", ID: "U9", Name: "Niemand"})
	know("k2", paula)
	know("k3", paula)
	if all := people(); len(all) != 1 || len(all["paula"].Identities) != 1 || all["paula"].Identities[0] != paula {
		t.Errorf("kept are %+v, want paula's identity and nothing else", all)
	}
	paula.Zone = "Europe/Vienna"
	know("k4", paula)
	if ids := people()["paula"].Identities; len(ids) != 1 || ids[0] != paula {
		t.Errorf("identities are %+v, want the new zone", ids)
	}
	if cards := f.said(t, "U1"); len(cards) > 0 {
		t.Errorf("said is %+v, want nothing", cards)
	}
}
