package bot

import (
	"slices"
	"strings"
	"time"

	"standleitung/bot/say"
)

// viewTopic is the living card of a topic.
func viewTopic(k *books, ref string, who *Person, v say.Voice) (Card, error) {
	_, n, _ := parseRef(ref)
	t, err := k.topic(n)
	if err != nil {
		return Card{}, err
	}
	if t.held() {
		return viewHeldTopic(k, t, who, v)
	}
	author, err := k.name(t.Author)
	if err != nil {
		return Card{}, err
	}
	status, err := k.topicStatus(t, who, v)
	if err != nil {
		return Card{}, err
	}
	mine := who != nil && who.hasID(t.Author)
	card := Card{
		Title: say.T("Thema {ref}", "Topic {ref}").In(v, "ref", ref), Quote: t.Text, Text: status,
		Meta:    strings.Join(topicMeta(t, author, v, k.bot.zoneOf(who), k.now), " · "),
		Buttons: k.bot.topicButtons(t, who, v),
		Preview: say.T("Thema {ref}", "Topic {ref}").In(v, "ref", ref),
	}
	if (mine || who == nil) && t.State == TopicNew {
		card.Title = say.T("Notiert: Thema {ref}", "Noted: topic {ref}").In(v, "ref", ref)
	}
	card.Facts = topicFacts(t, v)
	if !t.undecided() {
		card.Tone = ToneDone
	}
	return card, nil
}

// topicFacts are what the author said besides the idea.
func topicFacts(t *Topic, v say.Voice) (facts []Fact) {
	for _, fact := range []Fact{{say.T("Warum jetzt", "Why now").In(v), t.Why}, {say.T("Für", "For").In(v), t.For}, {say.T("Quelle", "Source").In(v), t.Source}} {
		if fact.Value != "" {
			facts = append(facts, fact)
		}
	}
	return facts
}

// topicMeta says how far a topic is, who suggested it and when, and how many support it.
func topicMeta(t *Topic, author string, v say.Voice, zone *time.Location, now time.Time) []string {
	meta := []string{topicStates[t.State].In(v), author, shortDay(v, t.At.In(zone), now)}
	if t.held() {
		meta[0] = say.T("zurückgehalten", "kept back").In(v)
	}
	if t.Unchecked {
		meta = append(meta, say.T("noch nicht mit dem Register abgeglichen", "not checked against the register yet").In(v))
	}
	if n := len(t.Supporters); n > 0 {
		meta = append(meta, say.T("{n} dafür", "{n} in favour").In(v, "n", n))
	}
	for _, theme := range t.Themes {
		meta = append(meta, "#"+theme)
	}
	return meta
}

// topicStatus is the sentence that says what comes next, or what came of it.
func (k *books) topicStatus(t *Topic, who *Person, v say.Voice) (string, error) {
	name, err := k.name(t.By)
	if err != nil {
		return "", err
	}
	by := say.Plain(name)
	if who != nil && who.hasID(t.By) {
		by = say.T("{Ihnen|dir}", "you")
	}
	args := []any{"who", by, "into", formatRef("T", t.Into), "reason", t.Reason, "day", sayDay(v, t.Until, k.now)}
	switch t.State {
	case TopicAccepted:
		return say.T("Angenommen von {who}.", "Accepted by {who}.").In(v, args...), nil
	case TopicParked:
		return say.T("Geparkt von {who} bis {day}.", "Parked by {who} until {day}.").In(v, args...), nil
	case TopicMerged:
		return say.T("Zusammengelegt mit Thema {into} von {who}.", "Merged into topic {into} by {who}.").In(v, args...), nil
	case TopicDeclined:
		return say.T("Abgelehnt von {who}: {reason}", "Declined by {who}: {reason}").In(v, args...), nil
	case TopicWithdrawn:
		return say.T("Zurückgezogen von {who}.", "Withdrawn by {who}.").In(v, args...), nil
	}
	leads, err := k.holders(Lead)
	if err != nil {
		return "", err
	}
	author, err := k.name(t.Author)
	if err != nil {
		return "", err
	}
	return awaits(t, author, leads, who).In(v), nil
}

// awaits says who decides a new topic.
func awaits(t *Topic, author string, leads []*Person, who *Person) say.Text {
	var names []string
	for _, lead := range leads {
		if who != nil && lead.ID == who.ID {
			return say.T("{Sie entscheiden|Du entscheidest}.", "You decide.")
		}
		names = append(names, lead.First())
	}
	if len(names) == 0 {
		return say.T("Noch ist niemand eingetragen, der darüber entscheidet.", "Nobody is set up to decide yet.")
	}
	text := say.T("{who} entscheidet; {author} erfährt das Ergebnis.", "{who} decides; {author} will hear the outcome.")
	if who != nil && who.hasID(t.Author) {
		text = say.T("{who} entscheidet; {Sie erfahren|du erfährst} das Ergebnis.", "{who} decides; you'll hear the outcome.")
	}
	return text.With("who", say.Either(names...), "author", author)
}

// topicButtons are what the reader may do with the topic as it is now.
func (b *Bot) topicButtons(t *Topic, who *Person, v say.Voice) []Button {
	button := func(name string) Button {
		row := b.commands.byName[name]
		return Button{Label: row.Label.In(v), Do: row.do(t.Ref())}
	}
	if !t.undecided() {
		return nil
	}
	var buttons []Button
	if who != nil && who.Is(Lead) {
		accept := button("topic.accept")
		accept.Primary = true
		buttons = append(buttons, accept, button("topic.park"), button("topic.merge"), button("topic.decline"))
	}
	switch {
	case who != nil && who.hasID(t.Author):
		buttons = append(buttons, button("topic.edit"), button("topic.withdraw"))
	case who != nil && who.Is(Lead):
	case who == nil || !slices.ContainsFunc(t.Supporters, who.hasID):
		buttons = append(buttons, button("topic.support"))
	}
	return buttons
}

func (b *Bot) zoneOf(who *Person) *time.Location {
	if who == nil {
		return b.zone
	}
	return who.In()
}
