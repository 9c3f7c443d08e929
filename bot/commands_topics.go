package bot

import (
	"context"
	"errors"
	"slices"

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
			Name: "topic.suggest", DE: []string{"thema", "idee"}, EN: []string{"topic", "idea"}, Roles: Everyone, Args: idea, Slash: "/thema", Daily: 1,
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
			Name: "topics.list", DE: []string{"themen"}, EN: []string{"topics"}, Roles: Everyone, Slash: "/themen", Daily: 8,
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
			Form:    true, Now: topicNow, Run: runEditTopic,
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
	t := &s.topic
	hits := r.screen(t)
	if len(s.similar) > 0 && !t.held() {
		return offerSimilar(r, s.similar)
	}
	n, err := r.Tx.Number("T")
	if err != nil {
		return nil, err
	}
	t.ID = n
	r.books.topics[n] = t
	if err := topics.Put(r.Tx, t); err != nil {
		return nil, err
	}
	asks, err := r.screened(t, hits)
	if err != nil {
		return nil, err
	}
	if t.held() {
		return append([]Reply{{To: Asker, View: "topic", Ref: t.Ref()}}, asks...), nil
	}
	replies, err := r.showLeads(t)
	if err != nil {
		return nil, err
	}
	replies = append([]Reply{{View: "topic", Ref: t.Ref()}}, replies...)
	return append(replies, r.wordings(hits, textTopicWording)...), nil
}

var textTopicWording = say.T("Dazu unsere Formulierung:", "Our wording for this:")

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
	case r.Person.hasID(t.Author):
		return nil, fault(Conflict, say.T("Thema {ref} ist {Ihr|dein} eigenes. Nichts geändert.", "Topic {ref} is your own. Nothing changed."), "ref", t.Ref())
	case slices.ContainsFunc(t.Supporters, r.Person.hasID):
		return nil, fault(Conflict, say.T("{Sie unterstützen|Du unterstützt} Thema {ref} schon. Nichts geändert.",
			"You support topic {ref} already. Nothing changed."), "ref", t.Ref())
	case t.held():
		return nil, r.untouchable(t)
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

// topicNow is what a topic says, for the form that changes it.
func topicNow(r *Request) (map[string]string, error) {
	t, err := r.topic("ref")
	if err != nil {
		return nil, err
	}
	return map[string]string{"text": t.Text, "why": t.Why, "for": t.For, "source": t.Source}, nil
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
	before := t.held()
	hits := r.screen(t)
	replies, err := r.screened(t, hits)
	if err != nil {
		return nil, err
	}
	if err := topics.Put(r.Tx, t); err != nil {
		return nil, err
	}
	if before && !t.held() {
		if replies, err = r.showLeads(t); err != nil {
			return nil, err
		}
	}
	receipt := answer(say.T("Geändert: Thema {ref}. {nobody}", "Changed: topic {ref}. {nobody}"), "ref", t.Ref(), "nobody", textNobodyTold)
	if len(replies) > 0 {
		receipt = answer(say.T("Geändert: Thema {ref}. {who} sieht es sich an.", "Changed: topic {ref}. {who} takes a look."), "ref", t.Ref(), "who", replies[0].Person.First())
	}
	replies = append(replies, r.wordings(hits, textTopicWording)...)
	list, err := r.changed(t, receipt)
	return append(list, replies...), err
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
	case !r.Person.hasID(t.Author):
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
	case into.held():
		return nil, r.untouchable(into)
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
	if err := r.untouchable(t); err != nil {
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
		if t.held() {
			continue // put aside meanwhile
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
