package bot

import (
	"context"
	"fmt"
	"strings"

	"standleitung/bot/say"
	"standleitung/bot/when"
)

// mostOnDesk is how many of each kind a desk shows; the lists show the rest.
const mostOnDesk = 5

// Desk is the personal desk of somebody, for a platform that has a place for one: what waits on them, their own held
// messages, their topics, today's plan and what is theirs next, and how they are spoken to. It reads one snapshot and changes
// nothing; somebody who was never met gets one too. Guests are told that it is none for them.
func (b *Bot) Desk(ctx context.Context, who Identity) (Card, say.Voice, error) {
	var card Card
	var v say.Voice
	err := b.store.View(ctx, func(r Reader) error {
		k := b.open(r, b.now())
		p, err := k.who(who)
		if err != nil {
			return err
		}
		if len(p.Identities) == 0 {
			p.Identities = []Identity{who} // not stored: only to speak as their platform says
		}
		v = p.Speaks()
		card, err = k.desk(p, v)
		return err
	})
	if err != nil {
		return Card{}, v, fmt.Errorf("read desk: %w", err)
	}
	return card, v, nil
}

// desk is the desk of one person.
func (k *books) desk(p *Person, v say.Voice) (Card, error) {
	card := HomeCard(v)
	if !p.Is(Everyone) {
		text := say.T("Hier sehen Leute aus dem eigenen Haus, was auf sie wartet.", "The company's own people see here what waits for them.")
		return Card{Title: card.Title, Text: text.In(v), Preview: card.Preview}, nil
	}
	s := &situation{k: k, who: p}
	for _, add := range []func() error{s.addWaiting, s.addOwnHeld, s.addOwnTopics, s.addToday, s.addOwnNext} {
		if err := add(); err != nil {
			return Card{}, err
		}
	}
	if len(s.lines) > 0 {
		card.Text = ""
	}
	if len(s.lines) > 0 && s.waiting.n == 0 {
		card.Text = say.T("Nichts wartet auf {Sie|dich}.", "Nothing waits for you.").In(v)
	}
	for _, l := range s.lines {
		card.Items = append(card.Items, s.item(l, v))
	}
	card.Items = append(card.Items, k.settingsItems(p, v)...)
	card.Buttons = nil
	for _, name := range []string{"topic.suggest", "topics.list", "milestones.list", "lines.show", "may.ask", "person.who", "help"} {
		row := k.bot.commands.byName[name]
		card.Buttons = append(card.Buttons, Button{Label: row.Label.In(v), Do: row.do(), Primary: name == "topic.suggest"})
	}
	return card, nil
}

// addOwnHeld adds the reader's messages that somebody else must release.
func (s *situation) addOwnHeld() error {
	first := true
	for a, err := range approvals.All(s.k.r, Query{Index: "open", Limit: mostLooked}) {
		if err != nil {
			return err
		}
		c, err := s.k.crossing(a.Crossing)
		if err != nil {
			return err
		}
		if c == nil || c.Person != s.who.ID {
			continue
		}
		if first {
			s.add(line{head: true, text: say.T("{Ihre|Deine} zurückgehaltenen Nachrichten", "Your held messages")})
			first = false
		}
		text := say.T("„{text}“, seit {when}", "“{text}”, since {when}").With("text", shorten(gist(a.Body, a.Files, s.who.Speaks()), 80), "when", sayTime(s.who, a.Since, s.k.now))
		s.add(line{ref: a.Ref(), text: text, button: "approval.change"})
	}
	return nil
}

// addOwnTopics adds the reader's newest topics with what became of them.
func (s *situation) addOwnTopics() error {
	from, to := Under(s.who.ID)
	first := true
	for t, err := range topics.All(s.k.r, Query{Index: "author", From: from, To: to, Reverse: true, Limit: mostOnDesk}) {
		if err != nil {
			return err
		}
		if first {
			s.add(line{head: true, text: say.T("{Ihre|Deine} Themen", "Your topics")})
			first = false
		}
		s.add(line{ref: t.Ref(), text: say.Plain(t.title()), meta: topicStates[t.State], button: "topic.show"})
	}
	return nil
}

// addOwnNext adds what the reader has to deliver after today, and what they are late with.
func (s *situation) addOwnNext() error {
	from, to := Under(s.who.ID)
	today := s.today()
	first := true
	for m, err := range milestones.All(s.k.r, Query{Index: "owner", From: from, To: to, Limit: 2 * mostOnDesk}) {
		if err != nil {
			return err
		}
		if m.Day == today.String() {
			continue // it stands above
		}
		if first {
			s.add(line{head: true, text: say.T("{Ihre|Deine} Meilensteine", "Your milestones")})
			first = false
		}
		text := say.T("{day} {title}", "{day} {title}")
		if d, err := when.ParseDate(m.Day); err == nil && d.Before(today) {
			text = say.T("{day} {title}, überfällig", "{day} {title}, overdue")
		}
		s.add(line{ref: m.Ref(), text: text.With("day", s.shortDay(m.Day), "title", shorten(m.Title, 60)), button: "milestone.show"})
	}
	return nil
}

// settingsItems say how somebody is spoken to, and change it.
func (k *books) settingsItems(p *Person, v say.Voice) []Item {
	change := func(name string) *Button {
		row := k.bot.commands.byName[name]
		return &Button{Label: row.Label.In(v), Do: row.do()}
	}
	items := []Item{
		{Head: true, Text: say.T("Einstellungen", "Settings").In(v), Meta: strings.Join([]string{p.Called(), p.roles.Say(v), p.In().String()}, " · ")},
		{Text: say.T("Sprache: {language}", "Language: {language}").In(v, "language", languageNames[v.Language]), Button: change("person.language")},
	}
	if v.Language == say.German {
		items = append(items, Item{Text: say.T("Anrede: {Sie|du}", "Address: {Sie|du}").In(v), Button: change("person.address")})
	}
	return items
}
