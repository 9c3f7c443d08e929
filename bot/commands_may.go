package bot

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"standleitung/bot/say"
)

// mayCommands ask the register, and hand PR a subject.
func mayCommands() []Command {
	text := Arg{Name: "text", Kind: ArgText, Free: true, Required: true, Max: 2000}
	ask, hand := text, text
	ask.Label, ask.Hint = say.T("Was {möchten Sie|möchtest du} sagen?", "What would you like to say?"), say.T("Der Satz, so wie er raus soll.", "The sentence as it is to go out.")
	hand.Label, hand.Hint = say.T("Was ist heikel?", "What is sensitive?"), say.T("Nur PR liest es.", "Only PR reads it.")
	number := []Arg{{Name: "concern", Kind: ArgWord, Free: true, Required: true, Max: 20, Label: say.T("Hinweis", "Concern")}}
	return []Command{
		{
			Name: "may.ask", DE: []string{"darf ich"}, EN: []string{"may i"}, Roles: Everyone, Args: []Arg{ask}, Slash: "/darfich", Daily: 3,
			Label: say.T("Darf ich das sagen?", "May I say this?"), Offer: say.T("Darf ich das sagen?", "May I say this?"),
			Help:    say.T("Das Register fragen, bevor etwas gesagt wird. Die Antwort ist privat.", "Ask the register before something is said. The answer is private."),
			Example: say.T("darf ich Ab Januar wird sie teurer", "may I It gets dearer in January"), Run: runMayI,
		},
		{
			Name: "may.send", Roles: Everyone, Args: []Arg{ask}, Label: say.T("PR fragen", "Ask PR"), Run: runMaySend,
		},
		{
			Name: "concern.hand", DE: []string{"heikel"}, EN: []string{"sensitive"}, Roles: Everyone, Args: []Arg{hand}, Slash: "/heikel", Private: true,
			Label: say.T("An PR geben", "Hand it to PR"), Offer: say.T("An PR", "To PR"),
			Help:    say.T("PR auf ein heikles Thema hinweisen. Nur PR liest es.", "Point PR to a sensitive subject. Only PR reads it."),
			Example: say.T("heikel Ein Kunde fragt nach dem Rückruf", "sensitive A customer asks about the recall"), Run: runHandConcern,
		},
		{
			Name: "concern.thanks", Roles: PR, Args: number, Label: say.T("Danke, nichts nötig", "Thanks, nothing needed"), Run: runThankConcern,
		},
	}
}

// asking is what the register says to somebody who asks.
type asking struct {
	hits  []Hit
	flags []*Flag // of the hits
	blind bool
	// first is who is to be asked; nil for nobody.
	first *Person
}

// askRegister asks the register about a text that somebody would like to say.
func (r *Request) askRegister(text string) (a asking, err error) {
	g, fail := r.books.guard()
	if a.blind = fail != nil; a.blind {
		r.bot.log.Error("the register cannot be read: a question is not answered", "error", fail)
	} else {
		a.hits = g.ask(r.bot.rich(text))
	}
	for _, h := range a.hits {
		a.flags = append(a.flags, g.flags[h.Flag])
	}
	a.first, err = r.firstAsked(a.flags)
	return a, err
}

// firstAsked is who answers for flags: contact or deputy of the weightiest, else the first of PR who has a chat.
func (r *Request) firstAsked(list []*Flag) (*Person, error) {
	var ids []string
	if len(list) > 0 {
		ids = []string{list[0].Contact, list[0].Deputy}
	}
	holders, err := r.books.holders(PR)
	if err != nil {
		return nil, err
	}
	for _, p := range holders {
		ids = append(ids, p.ID)
	}
	for _, id := range ids {
		p, err := r.books.person(id)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		if err == nil && p.ID != r.Person.ID {
			if _, ok := p.Direct(); ok {
				return p, nil
			}
		}
	}
	return nil, nil //nolint:nilnil // nobody of PR has a chat
}

// runMayI answers what the register says of a text. Whoever need not know gets one and the same answer for all that is
// not green: no word, no label and no level tells them more.
func runMayI(_ context.Context, r *Request) ([]Reply, error) {
	text := r.Text("text")
	a, err := r.askRegister(text)
	if err != nil {
		return nil, err
	}
	if !a.blind && len(a.hits) == 0 {
		return []Reply{answer(say.T("Kein Eintrag gefunden; das ist keine Freigabe.", "No entry found; this is not an approval."))}, nil
	}
	for _, f := range a.flags {
		if f.holds() && !f.known(r.Person) {
			return r.askFirst(text, a.first)
		}
	}
	if a.blind {
		return r.askFirst(text, a.first)
	}
	var replies []Reply
	for _, f := range a.flags {
		contact, err := r.books.name(f.Contact)
		if err != nil {
			return nil, err
		}
		replies = append(replies, Reply{To: Asker, Card: func(v say.Voice) Card { return mayCard(f, r.Person, contact, r.Now, v) }})
	}
	return replies, nil
}

// mayCard tells somebody who may know what a flag says.
func mayCard(f *Flag, who *Person, contact string, now time.Time, v say.Voice) Card {
	card := Card{
		Title: say.T("„{label}“: {level}", "“{label}”: {level}").In(v, "label", f.Label, "level", f.Level.text()), Preview: textPreviewAnswer.In(v),
		Note: say.T("Eine Freigabe ist das nicht.", "This is not an approval.").In(v),
	}
	for _, fact := range []Fact{
		{say.T("So sagen wir es", "How we say it").In(v), spoken(f.Wordings, v)},
		{say.T("Solange geht", "Meanwhile").In(v), spoken(f.Holdings, v)},
		{say.T("Bis", "Until").In(v), f.sayUntil(v, who.In(), now)},
		{say.T("Fragen an", "Questions to").In(v), contact},
	} {
		if fact.Value != "" {
			card.Facts = append(card.Facts, fact)
		}
	}
	return card
}

// askFirst keeps the question and says whom to ask, with a button that does it.
func (r *Request) askFirst(text string, first *Person) ([]Reply, error) {
	d := &draft{Person: r.Person.ID, At: r.Now, Kind: draftMay, Text: text, Rows: []string{"may.send"}}
	if first != nil {
		d.Contact = first.ID
	}
	if err := d.keep(r.Tx); err != nil {
		return nil, err
	}
	return []Reply{{To: Asker, View: "draft", Ref: d.ref()}}, nil
}

// mayDraft is the answer to somebody who is to ask first.
func (k *books) mayDraft(d *draft, v say.Voice) (Card, error) {
	name, err := k.name(d.Contact)
	if err != nil {
		return Card{}, err
	}
	card := Card{Text: say.T("Bitte zuerst {who} fragen.", "Please ask {who} first.").In(v, "who", name), Preview: textPreviewAnswer.In(v)}
	switch {
	case d.Contact == "":
		card.Text = say.T("Bitte zuerst PR fragen.", "Please ask PR first.").In(v)
	case d.Used:
		card.Tone, card.Text = ToneDone, say.T("{who} ist gefragt.", "{who} was asked.").In(v, "who", name)
	default:
		card.Buttons = []Button{{
			Label: say.T("{who} fragen", "Ask {who}").In(v, "who", name), Do: d.as(k.bot.commands.byName["may.send"]), Primary: true,
		}}
	}
	return card, nil
}

// runMaySend brings the question to whoever answers for it.
func runMaySend(_ context.Context, r *Request) ([]Reply, error) {
	text := r.Text("text")
	a, err := r.askRegister(text)
	if err != nil {
		return nil, err
	}
	told, replies := r.tell(a.first, func(v say.Voice) Card {
		card := Card{
			Title: say.T("{who} fragt: Darf ich das sagen?", "{who} asks: may I say this?").In(v, "who", r.Person.Called()),
			Quote: text, Marks: hitWords(a.hits), Text: say.T("{Bitte antworten Sie|Antworte bitte} direkt.", "Please answer directly.").In(v),
			Preview: say.T("Eine Frage an PR", "A question for PR").In(v),
		}
		var labels []string
		for _, f := range a.flags {
			if f.known(a.first) {
				labels = append(labels, f.touches(v))
			}
		}
		card.Meta = strings.Join(labels, " · ")
		return card
	})
	return append(replies, answer(say.T("Gefragt. {told} Bis zur Antwort bitte nicht sagen.", "Asked. {told} Please don't say it before the answer."), "told", told)), nil
}

// concern is a subject that somebody handed to PR.
type concern struct {
	ID     uint64    `json:"id"`
	Person string    `json:"person"`
	Text   string    `json:"text"`
	At     time.Time `json:"at"`
	// By and Done say who of PR looked at it, and when.
	By   string    `json:"by,omitempty"`
	Done time.Time `json:"done,omitzero"`
}

var concerns = &Kind[concern]{Name: "concern", Version: 1, Key: func(c *concern) string { return Serial(c.ID) }}

func (c *concern) ref() string { return "concern-" + strconv.FormatUint(c.ID, 10) }

// runHandConcern hands a subject to everybody of PR who has a chat, and to nobody else.
func runHandConcern(_ context.Context, r *Request) ([]Reply, error) {
	n, err := r.Tx.Number("concern")
	if err != nil {
		return nil, err
	}
	c := &concern{ID: n, Person: r.Person.ID, Text: r.Text("text"), At: r.Now}
	if err := concerns.Put(r.Tx, c); err != nil {
		return nil, err
	}
	holders, err := r.books.holders(PR)
	if err != nil {
		return nil, err
	}
	var replies []Reply
	var names []string
	for _, p := range holders {
		if _, ok := p.Direct(); ok {
			names = append(names, p.First())
			replies = append(replies, Reply{To: Somebody, Person: p, View: "concern", Ref: c.ref()})
		}
	}
	text := say.T("Bei PR: {who}. Sonst hat es niemand erfahren.", "With PR: {who}. Nobody else was told.")
	if len(names) == 0 {
		text = say.T("Notiert, aber von PR hat niemand einen Chat. Niemand wurde benachrichtigt.", "Noted, but nobody of PR has a chat. No one was notified.")
	}
	return append([]Reply{answer(text, "who", strings.Join(names, ", "))}, replies...), nil
}

// viewConcern is PR's card of a subject that was handed over.
func viewConcern(k *books, ref string, who *Person, v say.Voice) (Card, error) {
	n, _ := strconv.ParseUint(strings.TrimPrefix(ref, "concern-"), 10, 64)
	c, err := concerns.Get(k.r, Serial(n))
	if err != nil {
		return Card{}, err
	}
	card := Card{Title: say.T("Ein Hinweis für PR", "A hint for PR").In(v), Preview: say.T("Ein Hinweis für PR", "A hint for PR").In(v)}
	if who == nil || !who.Is(PR) {
		return card, nil
	}
	from, err := k.name(c.Person)
	if err != nil {
		return Card{}, err
	}
	by, err := k.name(c.By)
	if err != nil {
		return Card{}, err
	}
	card.Title = say.T("Heikel? Ein Hinweis von {who}", "Sensitive? A hint from {who}").In(v, "who", from)
	card.Meta, card.Quote = sayTime(who, c.At, k.now), c.Text
	if !c.Done.IsZero() {
		card.Tone, card.Text = ToneDone, say.T("Erledigt von {who}, {when}.", "Settled by {who}, {when}.").In(v, "who", by, "when", sayTime(who, c.Done, k.now))
		return card, nil
	}
	set, thanks := k.bot.commands.byName["flag.set"], k.bot.commands.byName["concern.thanks"]
	number := strconv.FormatUint(c.ID, 10)
	card.Buttons = []Button{
		{Label: set.Label.In(v), Do: set.do("concern:" + number), Primary: true}, {Label: thanks.Label.In(v), Do: thanks.do(number)},
	}
	return card, nil
}

// concernNow fills the form of a new flag with the subject that it comes from.
func concernNow(r *Request) (map[string]string, error) {
	if !r.Has("concern") {
		return nil, nil //nolint:nilnil // an empty form
	}
	c, err := r.concern()
	if err != nil {
		return nil, err
	}
	return map[string]string{"reason": shorten(c.Text, 1000)}, nil
}

// concern is the named one, while nobody of PR has looked at it.
func (r *Request) concern() (*concern, error) {
	n, _ := strconv.ParseUint(r.Text("concern"), 10, 64)
	c, err := concerns.Get(r.Reader, Serial(n))
	if errors.Is(err, ErrNotFound) {
		return nil, fault(NotFound, textUnknownButton)
	} else if err != nil {
		return nil, err
	}
	if c.Done.IsZero() {
		return c, nil
	}
	by, err := r.books.name(c.By)
	return nil, cmp.Or(err, error(fault(Conflict, say.T("Schon erledigt von {who}, {when}. Nichts geändert.", "Already settled by {who}, {when}. Nothing changed."),
		"who", by, "when", sayTime(r.Person, c.Done, r.Now))))
}

func runThankConcern(_ context.Context, r *Request) ([]Reply, error) {
	replies, err := r.settleConcern()
	if err != nil {
		return nil, err
	}
	return append(replies, answer(say.T("Erledigt.", "Done."))), nil
}

// settleConcern notes that PR looked at a subject and tells who handed it over: the same words, whatever came of it.
func (r *Request) settleConcern() ([]Reply, error) {
	c, err := r.concern()
	if err != nil {
		return nil, err
	}
	c.By, c.Done = r.Person.ID, r.Now
	if err := concerns.Put(r.Tx, c); err != nil {
		return nil, err
	}
	from, err := r.books.person(c.Person)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	_, replies := r.tell(from, func(v say.Voice) Card {
		return Card{
			Text:    say.T("{who} hat {Ihren|deinen} Hinweis angesehen. Danke!", "{who} looked at your hint. Thank you!").In(v, "who", r.Person.First()),
			Preview: say.T("Neues zu {Ihrem|deinem} Hinweis", "News about your hint").In(v),
		}
	})
	return replies, refresh(r, c.ref())
}

// touches names a flag and its level, for those who may know them.
func (f *Flag) touches(v say.Voice) string {
	return say.T("betrifft „{label}“ ({level})", "touches “{label}” ({level})").In(v, "label", f.Label, "level", f.Level.text())
}

// hitLabels name the flags of hits, for those who may know them.
func (k *books) hitLabels(hits []Hit, v say.Voice) []string {
	var labels []string
	for _, h := range hits {
		if f, err := k.flag(h.Flag); err == nil {
			labels = append(labels, f.touches(v))
		}
	}
	return labels
}
