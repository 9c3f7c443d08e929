package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"standleitung/bot/say"
)

// mostListed is how many rows a list shows.
const mostListed = 10

// topicCommands are the commands around topics.
func topicCommands() []Command {
	ref := Arg{Name: "ref", Kind: ArgRef, On: "T", Free: true, Required: true, Label: say.T("Thema", "Topic")}
	idea := []Arg{
		{
			Name: "text", Kind: ArgText, Free: true, Required: true, Max: 2000, Label: say.T("Was ist die Idee?", "What is the idea?"),
			Hint: say.T("Ein Satz genügt.", "One sentence will do."),
		},
		{Name: "why", Kind: ArgText, DE: "warum", EN: "why", Max: 1000, Label: say.T("Warum gerade jetzt?", "Why now?")},
		{
			Name: "for", Kind: ArgLine, DE: "für", EN: "for", Max: 200, Label: say.T("Für wen?", "For whom?"),
			Hint: say.T("Zum Beispiel: Kunden in der Industrie", "For example: industrial customers"),
		},
		{
			Name: "source", Kind: ArgLine, DE: "quelle", EN: "source", Max: 500, Label: say.T("Quelle", "Source"),
			Hint: say.T("Woher kommt das? Ein Link hilft.", "Where does it come from? A link helps."),
		},
	}
	optional := slices.Clone(idea)
	optional[0].Hint, optional[0].Required = say.Text{}, false
	return []Command{
		{
			Name: "topic.suggest", DE: []string{"thema", "idee"}, EN: []string{"topic", "idea"}, Roles: Everyone, Args: idea, Daily: 1,
			Label: say.T("Thema vorschlagen", "Suggest a topic"), Offer: say.T("Als Thema vorschlagen", "Suggest as a topic"),
			Help: say.T("Ein Thema vorschlagen. {Sie erfahren|Du erfährst}, was daraus wird.",
				"Suggest a topic. You hear what becomes of it."),
			Example: say.T("thema Warum unsere Azubis podcasten #ausbildung für:Bewerber", "topic Why our apprentices podcast #training for:applicants"),
			Look:    lookSimilar, Run: runSuggest,
		},
		{
			Name: "topic.anyway", Roles: Everyone, Args: idea, Run: runSuggest,
			Label: say.T("Trotzdem vorschlagen", "Suggest anyway"),
		},
		{
			Name: "topics.list", DE: []string{"themen"}, EN: []string{"topics"}, Roles: Everyone, Daily: 2,
			Args: []Arg{
				{Name: "filter", Kind: ArgLine, Free: true, Max: 200, Label: say.T("Welche?", "Which?")},
				{Name: "before", Kind: ArgLine, EN: "before", Max: 20, Label: say.T("Vor", "Before")},
			},
			Label: say.T("Themen zeigen", "Show topics"), Offer: say.T("In Themen suchen", "Search the topics"),
			Help: say.T("Themen zeigen: offen, meine, geparkt, angenommen, abgelehnt, #stichwort oder suche WORT.",
				"List topics: open, mine, parked, accepted, declined, #theme or search WORD."),
			Example: say.T("themen suche Podcast", "topics search podcast"), Run: runTopics,
		},
		{
			Name: "topic.show", DE: []string{"zeig", "zeige"}, EN: []string{"show"}, On: "T", Roles: Everyone, Args: []Arg{ref},
			Label: say.T("Zeigen", "Show"), Help: say.T("Ein Thema zeigen. Die Nummer allein genügt.", "Show a topic. The reference alone will do."),
			Example: say.T("T-41", "T-41"), Run: runShowTopic,
		},
		{
			Name: "topic.support", DE: []string{"+1", "dafür", "unterstützen"}, EN: []string{"+1", "support"}, On: "T", Roles: Everyone,
			Args: []Arg{ref}, Label: say.T("Unterstützen", "Support"),
			Help:    say.T("Ein Thema unterstützen.", "Support a topic."),
			Example: say.T("+1 T-41", "+1 T-41"), Run: runSupport,
		},
		{
			Name: "topic.edit", DE: []string{"ändern", "ändere"}, EN: []string{"edit", "change"}, On: "T", Roles: Everyone,
			Args: append([]Arg{ref}, optional...), Label: say.T("Ändern", "Edit"),
			Help:    say.T("{Ihr|Dein} Thema ändern, solange es offen ist.", "Change your topic as long as it is open."),
			Example: say.T("ändern T-41 Unsere Azubis podcasten über Pumpen", "edit T-41 Our apprentices podcast about pumps"),
			Form:    true, Run: runEditTopic,
		},
		{
			Name: "topic.withdraw", DE: []string{"zurückziehen"}, EN: []string{"withdraw"}, On: "T", Roles: Everyone, Args: []Arg{ref},
			Label: say.T("Zurückziehen", "Withdraw"), Help: say.T("{Ihr|Dein} Thema zurückziehen.", "Withdraw your topic."),
			Example: say.T("zurückziehen T-41", "withdraw T-41"), Run: runWithdraw,
		},
		{
			Name: "topic.accept", DE: []string{"annehmen"}, EN: []string{"accept"}, On: "T", Roles: Lead, Args: []Arg{ref},
			Label: say.T("Annehmen", "Accept"), Help: say.T("Ein Thema annehmen.", "Accept a topic."),
			Example: say.T("annehmen T-41", "accept T-41"), Run: runAccept,
		},
		{
			Name: "topic.park", DE: []string{"parken"}, EN: []string{"park"}, On: "T", Roles: Lead,
			Args: []Arg{ref, {
				Name: "until", Kind: ArgDate, DE: "bis", EN: "until", Free: true, Required: true, Label: say.T("Bis wann?", "Until when?"),
				Hint: say.T("Zum Beispiel: in zwei Wochen, 15.1., KW 50", "For example: in two weeks, 15 Jan, week 50"),
			}},
			Label: say.T("Parken", "Park"), Help: say.T("Ein Thema bis zu einem Tag zurücklegen.", "Put a topic aside until a day."),
			Example: say.T("parken T-41 bis:15.1.", "park T-41 until:15 Jan"), Run: runPark,
		},
		{
			Name: "topic.merge", DE: []string{"zusammenlegen"}, EN: []string{"merge"}, On: "T", Roles: Lead,
			Args: []Arg{ref, {
				Name: "into", Kind: ArgRef, On: "T", DE: "mit", EN: "with", Free: true, Required: true,
				Label: say.T("Mit welchem Thema?", "With which topic?"), Hint: say.T("Die Nummer, zum Beispiel T-33", "The reference, such as T-33"),
			}},
			Label:   say.T("Zusammenlegen", "Merge"),
			Help:    say.T("Ein Thema in einem anderen aufgehen lassen; die Stimmen gehen mit.", "Merge a topic into another; its supporters move along."),
			Example: say.T("zusammenlegen T-41 mit:T-33", "merge T-41 with:T-33"), Run: runMerge,
		},
		{
			Name: "topic.decline", DE: []string{"ablehnen"}, EN: []string{"decline", "reject"}, On: "T", Roles: Lead,
			Args: []Arg{ref, {
				Name: "reason", Kind: ArgText, DE: "grund", EN: "reason", Free: true, Required: true, Max: 1000,
				Label: say.T("Warum nicht?", "Why not?"), Hint: say.T("Das liest, wer es vorgeschlagen hat.", "The person who suggested it reads this."),
			}},
			Label: say.T("Ablehnen", "Decline"), Help: say.T("Ein Thema ablehnen. Ein Grund gehört dazu.", "Decline a topic. A reason is required."),
			Example: say.T("ablehnen T-41 Das hatten wir im Mai.", "decline T-41 We had that in May."), Run: runDecline,
		},
	}
}

// suggestion is what lookSimilar prepares: the topic to be, and those that say nearly the same.
type suggestion struct {
	topic   Topic
	similar []*Topic
}

// lookSimilar reads what is costly before the unit of work: which topics say nearly the same.
func lookSimilar(_ context.Context, r *Request) error {
	s := newSuggestion(r)
	found, err := similar(r.Reader, &s.topic)
	s.similar = found
	r.Found = s
	return err
}

func newSuggestion(r *Request) suggestion {
	return suggestion{topic: Topic{
		Text: r.Text("text"), Why: r.Text("why"), For: r.Text("for"), Source: r.Text("source"),
		Themes: r.Themes(), Author: r.Person.ID, At: r.Now, State: TopicNew,
	}}
}

func runSuggest(_ context.Context, r *Request) ([]Reply, error) {
	s, looked := r.Found.(suggestion)
	if !looked {
		s = newSuggestion(r)
	}
	if len(s.similar) > 0 {
		return offerSimilar(r, s.similar)
	}
	n, err := r.Tx.Number("T")
	if err != nil {
		return nil, err
	}
	t := &s.topic
	t.ID = n
	r.books.topics[n] = t
	if err := topics.Put(r.Tx, t); err != nil {
		return nil, err
	}
	replies := []Reply{{View: "topic", Ref: t.Ref()}}
	leads, err := r.books.holders(Lead)
	if err != nil {
		return nil, err
	}
	for _, lead := range leads {
		if lead.ID != r.Person.ID {
			replies = append(replies, Reply{To: Somebody, Person: lead, View: "topic", Ref: t.Ref()})
		}
	}
	return replies, nil
}

func runShowTopic(_ context.Context, r *Request) ([]Reply, error) {
	t, err := r.topic("ref")
	if err != nil {
		return nil, err
	}
	return []Reply{{View: "topic", Ref: t.Ref()}}, nil
}

func runSupport(_ context.Context, r *Request) ([]Reply, error) {
	t, err := r.topic("ref")
	if err != nil {
		return nil, err
	}
	switch {
	case t.Author == r.Person.ID:
		return nil, fault(Conflict, say.T("Thema {ref} ist {Ihr|dein} eigenes. Nichts geändert.", "Topic {ref} is your own. Nothing changed."), "ref", t.Ref())
	case slices.Contains(t.Supporters, r.Person.ID):
		return nil, fault(Conflict, say.T("{Sie unterstützen|Du unterstützt} Thema {ref} schon. Nichts geändert.",
			"You support topic {ref} already. Nothing changed."), "ref", t.Ref())
	case !t.undecided():
		return nil, r.settled(t)
	}
	t.Supporters = append(t.Supporters, r.Person.ID)
	if err := topics.Put(r.Tx, t); err != nil {
		return nil, err
	}
	return r.changed(t, answer(say.T("Gezählt: Thema {ref} hat {n} {n:Stimme|Stimmen}. {nobody}", "Counted: topic {ref} has {n} {n:supporter|supporters}. {nobody}"),
		"ref", t.Ref(), "n", len(t.Supporters), "nobody", textNobodyTold))
}

func runEditTopic(_ context.Context, r *Request) ([]Reply, error) {
	t, err := r.ownTopic()
	if err != nil {
		return nil, err
	}
	if r.Message.Kind == Submitted {
		if !r.Has("text") {
			return nil, &Error{Code: Invalid, Field: "text", Text: textMissing, Args: []any{"what", r.Command.Args[1].Label}}
		}
		t.Why, t.For, t.Source = r.Text("why"), r.Text("for"), r.Text("source")
	}
	for arg, value := range map[string]*string{"text": &t.Text, "why": &t.Why, "for": &t.For, "source": &t.Source} {
		if r.Has(arg) {
			*value = r.Text(arg)
		}
	}
	if len(r.Themes()) > 0 {
		t.Themes = r.Themes()
	}
	t.words = nil
	if err := topics.Put(r.Tx, t); err != nil {
		return nil, err
	}
	return r.changed(t, answer(say.T("Geändert: Thema {ref}. {nobody}", "Changed: topic {ref}. {nobody}"), "ref", t.Ref(), "nobody", textNobodyTold))
}

func runWithdraw(_ context.Context, r *Request) ([]Reply, error) {
	t, err := r.ownTopic()
	if err != nil {
		return nil, err
	}
	t.State, t.By, t.Decided = TopicWithdrawn, r.Person.ID, r.Now
	if err := topics.Put(r.Tx, t); err != nil {
		return nil, err
	}
	return r.changed(t, answer(say.T("Zurückgezogen: Thema {ref}. {nobody}", "Withdrawn: topic {ref}. {nobody}"), "ref", t.Ref(), "nobody", textNobodyTold))
}

// ownTopic is the named topic when the person suggested it and it is still open.
func (r *Request) ownTopic() (*Topic, error) {
	t, err := r.topic("ref")
	switch {
	case err != nil:
		return nil, err
	case t.Author != r.Person.ID:
		author, err := r.books.name(t.Author)
		if err != nil {
			return nil, err
		}
		return nil, fault(Denied, say.T("Thema {ref} hat {who} vorgeschlagen; nur {who} kann es ändern. Nichts geändert.",
			"Topic {ref} was suggested by {who}; only {who} can change it. Nothing changed."), "ref", t.Ref(), "who", author)
	case !t.undecided():
		return nil, r.settled(t)
	}
	return t, nil
}

func runAccept(_ context.Context, r *Request) ([]Reply, error) {
	return r.decide(TopicAccepted, func(*Topic) error { return nil },
		say.T("Angenommen: Thema {ref}. {told}", "Accepted: topic {ref}. {told}"),
		say.T("{who} hat {Ihr|dein} Thema {ref} angenommen.", "{who} accepted your topic {ref}."))
}

func runPark(_ context.Context, r *Request) ([]Reply, error) {
	day, err := r.day("until")
	if err != nil {
		return nil, err
	}
	if !r.today().Before(day) {
		return nil, &Error{Code: Invalid, Field: "until", Text: say.T("Das ist heute. Parken geht ab morgen. Nichts geändert.", "That is today. Parking starts tomorrow. Nothing changed.")}
	}
	return r.decide(TopicParked, func(t *Topic) error {
		t.Until = day.String()
		return nil
	},
		say.T("Geparkt bis {day}: Thema {ref}. {told}", "Parked until {day}: topic {ref}. {told}"),
		say.T("{who} hat {Ihr|dein} Thema {ref} bis {day} geparkt. Danach kommt es wieder auf den Tisch.",
			"{who} parked your topic {ref} until {day}. Then it is back on the table."))
}

func runMerge(_ context.Context, r *Request) ([]Reply, error) {
	into, err := r.topic("into")
	if err != nil {
		return nil, err
	}
	ref, err := r.topic("ref")
	switch {
	case err != nil:
		return nil, err
	case into.ID == ref.ID:
		return nil, &Error{Code: Invalid, Field: "into", Text: say.T("Ein Thema kann nicht mit sich selbst zusammengelegt werden. Nichts geändert.",
			"A topic can't be merged with itself. Nothing changed.")}
	case into.State == TopicMerged || into.State == TopicWithdrawn:
		return nil, r.settled(into)
	}
	for _, id := range append([]string{ref.Author}, ref.Supporters...) {
		if id != into.Author && !slices.Contains(into.Supporters, id) {
			into.Supporters = append(into.Supporters, id)
		}
	}
	if err := topics.Put(r.Tx, into); err != nil {
		return nil, err
	}
	if err := refresh(r, into.Ref()); err != nil {
		return nil, err
	}
	return r.decide(TopicMerged, func(t *Topic) error {
		t.Into = into.ID
		return nil
	},
		say.T("Zusammengelegt: Thema {ref} geht in {into} auf. {told}", "Merged: topic {ref} is now part of {into}. {told}"),
		say.T("{who} hat {Ihr|dein} Thema {ref} mit {into} zusammengelegt. {Ihre|Deine} Stimme zählt dort mit.",
			"{who} merged your topic {ref} into {into}. Your support counts there."))
}

func runDecline(_ context.Context, r *Request) ([]Reply, error) {
	return r.decide(TopicDeclined, func(t *Topic) error {
		t.Reason = r.Text("reason")
		return nil
	},
		say.T("Abgelehnt: Thema {ref}. {told}", "Declined: topic {ref}. {told}"),
		say.T("{who} hat {Ihr|dein} Thema {ref} abgelehnt.", "{who} declined your topic {ref}."))
}

// decide carries out a decision of the lead: the topic changes, its author is told, all cards are rewritten.
func (r *Request) decide(state TopicState, change func(*Topic) error, receipt, news say.Text) ([]Reply, error) {
	t, err := r.topic("ref")
	if err != nil {
		return nil, err
	}
	final := t.State == TopicMerged || t.State == TopicWithdrawn
	if again := t.State == state && state != TopicParked; final || again {
		return nil, r.settled(t)
	}
	t.State, t.Until, t.Into, t.Reason, t.By, t.Decided = state, "", 0, "", r.Person.ID, r.Now
	if err := change(t); err != nil {
		return nil, err
	}
	if err := topics.Put(r.Tx, t); err != nil {
		return nil, err
	}
	args := func(v say.Voice) []any {
		return []any{"ref", t.Ref(), "who", r.Person.First(), "reason", t.Reason, "into", formatRef("T", t.Into), "day", sayDay(v, t.Until, r.Now)}
	}
	author, err := r.books.person(t.Author)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	told, replies := r.tell(author, func(v say.Voice) Card {
		return Card{Title: news.In(v, args(v)...), Quote: t.title(), Text: t.Reason, Preview: say.T("Neues zu {Ihrem|deinem} Thema {ref}", "News about your topic {ref}").In(v, "ref", t.Ref())}
	})
	mine := Reply{To: Asker, Card: func(v say.Voice) Card {
		return Card{Text: receipt.In(v, append(args(v), "told", told)...), Preview: textPreviewAnswer.In(v)}
	}}
	list, err := r.changed(t, mine)
	return append(list, replies...), err
}

// tell tells somebody in their direct conversation and says whether they could be told.
func (r *Request) tell(who *Person, card Voiced) (told say.Text, replies []Reply) {
	if who == nil || who.ID == r.Person.ID {
		return textNobodyTold, nil
	}
	name := say.Plain(who.First())
	if _, ok := who.Direct(); !ok {
		return say.T("{name} hat keinen Chat und wurde nicht benachrichtigt.", "{name} has no chat and was not notified.").With("name", name), nil
	}
	return say.T("{name} weiß Bescheid.", "{name} was told.").With("name", name), []Reply{{To: Somebody, Person: who, Card: card}}
}

// changed rewrites all cards of a topic and answers.
func (r *Request) changed(t *Topic, receipt Reply) ([]Reply, error) {
	return []Reply{receipt}, refresh(r, t.Ref())
}

// settled says what became of a topic that cannot be changed any more.
func (r *Request) settled(t *Topic) error {
	by, err := r.books.name(t.By)
	if err != nil {
		return err
	}
	return fault(Conflict, say.T("Thema {ref} ist schon {state}, von {who}, {when}. Nichts geändert.", "Topic {ref} is {state} already, by {who}, {when}. Nothing changed."),
		"ref", t.Ref(), "state", topicStates[t.State], "who", by, "when", sayTime(r.Person, t.Decided, r.Now))
}

// answer is a plain reply to the person who asked, and to nobody else.
func answer(text say.Text, args ...any) Reply {
	return Reply{To: Asker, Card: func(v say.Voice) Card {
		return Card{Text: text.In(v, args...), Preview: textPreviewAnswer.In(v)}
	}}
}

// viewTopic is the living card of a topic.
func viewTopic(k *books, ref string, who *Person, v say.Voice) (Card, error) {
	_, n, _ := parseRef(ref)
	t, err := k.topic(n)
	if err != nil {
		return Card{}, err
	}
	author, err := k.name(t.Author)
	if err != nil {
		return Card{}, err
	}
	status, err := k.topicStatus(t, who, v)
	if err != nil {
		return Card{}, err
	}
	mine := who != nil && who.ID == t.Author
	card := Card{
		Title: say.T("Thema {ref}", "Topic {ref}").In(v, "ref", ref), Quote: t.Text, Text: status,
		Meta:    strings.Join(topicMeta(t, author, v, k.bot.zoneOf(who), k.now), " · "),
		Buttons: k.bot.topicButtons(t, who, v),
		Preview: say.T("Thema {ref}", "Topic {ref}").In(v, "ref", ref),
	}
	if (mine || who == nil) && t.State == TopicNew {
		card.Title = say.T("Notiert: Thema {ref}", "Noted: topic {ref}").In(v, "ref", ref)
	}
	for _, fact := range []struct {
		label say.Text
		value string
	}{{say.T("Warum jetzt", "Why now"), t.Why}, {say.T("Für", "For"), t.For}, {say.T("Quelle", "Source"), t.Source}} {
		if fact.value != "" {
			card.Facts = append(card.Facts, Fact{fact.label.In(v), fact.value})
		}
	}
	if !t.undecided() {
		card.Tone = ToneDone
	}
	return card, nil
}

// topicMeta says how far a topic is, who suggested it and when, and how many support it.
func topicMeta(t *Topic, author string, v say.Voice, zone *time.Location, now time.Time) []string {
	meta := []string{topicStates[t.State].In(v), author, shortDay(v, t.At.In(zone), now)}
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
	if who != nil && who.ID == t.By {
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
	if who != nil && who.ID == t.Author {
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
	case who != nil && who.ID == t.Author:
		buttons = append(buttons, button("topic.edit"), button("topic.withdraw"))
	case who != nil && who.Is(Lead):
	case who == nil || !slices.Contains(t.Supporters, who.ID):
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

// offerSimilar keeps the idea and shows what is like it, before anything is stored as a topic.
func offerSimilar(r *Request, found []*Topic) ([]Reply, error) {
	d := &draft{Person: r.Person.ID, At: r.Now, Kind: draftSimilar, Args: r.args, Themes: r.themes}
	for _, t := range found {
		d.Similar = append(d.Similar, t.ID)
	}
	if err := d.keep(r.Tx); err != nil {
		return nil, err
	}
	return []Reply{{To: Asker, View: "draft", Ref: d.ref()}}, nil
}

// similarCard shows topics like the one that waits in the draft.
func similarCard(k *books, d *draft, v say.Voice) (Card, error) {
	card := Card{
		Title: say.T("Das gibt es schon ähnlich", "There is something like this already").In(v), Quote: d.Args["text"],
		Text:    say.T("Noch nichts notiert.", "Nothing noted yet.").In(v),
		Preview: textPreviewAnswer.In(v),
	}
	for _, id := range d.Similar {
		t, err := k.topic(id)
		if err != nil {
			return Card{}, err
		}
		item, err := k.topicItem(t, v)
		if err != nil {
			return Card{}, err
		}
		support := k.bot.commands.byName["topic.support"]
		if t.Author != d.Person && t.undecided() {
			item.Button = &Button{Label: support.Label.In(v), Do: support.do(t.Ref())}
		}
		card.Items = append(card.Items, item)
	}
	anyway := k.bot.commands.byName["topic.anyway"]
	card.Buttons = []Button{{Label: anyway.Label.In(v), Do: d.as(anyway), Primary: true}}
	return card, nil
}

// topicItem is a topic as a row of a list, with a button to show it.
func (k *books) topicItem(t *Topic, v say.Voice) (Item, error) {
	author, err := k.name(t.Author)
	if err != nil {
		return Item{}, err
	}
	show := k.bot.commands.byName["topic.show"]
	return Item{
		Ref: t.Ref(), Text: t.title(), Meta: strings.Join(topicMeta(t, author, v, k.bot.zone, k.now), " · "),
		Button: &Button{Label: show.Label.In(v), Do: show.do(t.Ref())},
	}, nil
}

// runTopics lists topics.
func runTopics(_ context.Context, r *Request) ([]Reply, error) {
	filter := strings.TrimSpace(r.Text("filter"))
	if theme := r.Themes(); len(theme) > 0 && filter == "" {
		filter = "#" + theme[0]
	}
	list, more, title, err := r.listTopics(filter)
	if err != nil {
		return nil, err
	}
	var items []Item
	for _, t := range list {
		item, err := r.books.topicItem(t, r.Voice)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return []Reply{{To: Asker, Card: func(v say.Voice) Card {
		card := Card{Title: title.In(v), Items: items, Preview: textPreviewAnswer.In(v)}
		if len(items) == 0 {
			suggest := r.bot.commands.byName["topic.suggest"]
			card.Text = say.T("Hier ist noch nichts.", "There is nothing here yet.").In(v)
			card.Buttons = []Button{{Label: suggest.Label.In(v), Do: suggest.do()}}
		}
		if more {
			card.Buttons = append(card.Buttons, Button{
				Label: say.T("Weitere", "More").In(v),
				Do:    r.Command.do(filter, "before:"+list[len(list)-1].Ref()),
			})
		}
		return card
	}}}, nil
}

// topicFilters are the words that choose a state.
var topicFilters = map[string]TopicState{
	"": TopicNew, "offen": TopicNew, "offene": TopicNew, "open": TopicNew, "neu": TopicNew, "neue": TopicNew, "new": TopicNew,
	"geparkt": TopicParked, "geparkte": TopicParked, "parked": TopicParked,
	"angenommen": TopicAccepted, "angenommene": TopicAccepted, "accepted": TopicAccepted,
	"abgelehnt": TopicDeclined, "abgelehnte": TopicDeclined, "declined": TopicDeclined,
}

// listTopics reads the topics that the filter asks for, and says whether there are more.
func (r *Request) listTopics(filter string) (list []*Topic, more bool, title say.Text, err error) {
	first, rest := cutWord(filter)
	var q Query
	state, known := topicFilters[strings.ToLower(first)]
	theme, themed := parseTheme(first)
	switch word := foldVerb(first); {
	case known && rest == "":
		q.Index, title = "state", say.T("Themen: {state}", "Topics: {state}")
		q.From, q.To = Under(string(state))
	case word == "meine" || word == "mine" || word == "my":
		q.Index, title = "author", say.T("{Ihre|Deine} Themen", "Your topics")
		q.From, q.To = Under(r.Person.ID)
	case themed && rest == "":
		q.Index, title = "theme", say.T("Themen: {theme}", "Topics: {theme}")
		q.From, q.To = Under(theme)
	default:
		if word == "suche" || word == "search" || word == "such" {
			filter = rest
		}
		list, err = searchTopics(r.Tx, filter, mostListed)
		return list, false, say.T("Themen mit „{text}“", "Topics with “{text}”").With("text", shorten(filter, 40)), err
	}
	title = title.With("state", topicStates[state], "theme", "#"+theme)
	if n := r.Ref("before"); n > 0 {
		q.To = q.From + Serial(n)
	}
	q.Reverse, q.Limit = true, mostListed+1
	for t, err := range topics.All(r.Tx, q) {
		if err != nil {
			return nil, false, title, err
		}
		list = append(list, t)
	}
	if more = len(list) > mostListed; more {
		list = list[:mostListed]
	}
	return list, more, title, nil
}
