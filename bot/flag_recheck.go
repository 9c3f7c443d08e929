package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"standleitung/bot/markup"
	"standleitung/bot/say"
)

const (
	// recheckBack is how far back the messages of the lines are searched for a flag.
	recheckBack = 14 * 24 * time.Hour
	// recheckPiece is how many topics and messages one unit of work looks at.
	recheckPiece = 200
	// recheckSoon is how long after a flag was stored the search begins: its own card comes first.
	recheckSoon = time.Second
	// mostFound is how many hits of one search are kept for a decision, the newest; the others are counted only.
	mostFound = 100
	// foundShown is how many hits one card lists.
	foundShown = 8
)

// recheck is a search for a flag in what was there before it was set or changed: the open topics, then the messages of
// the lines, the newest first. It goes on in pieces, and ends as a card on which PR decides hit by hit.
type recheck struct {
	ID   uint64    `json:"id"`
	Flag string    `json:"flag"` // reference
	By   string    `json:"by"`
	At   time.Time `json:"at"`
	// Edition is the first edition of the register that has the flag as it is searched for: what was asked under it, or a
	// later one, has had its answer.
	Edition uint64 `json:"edition"`
	// Phase is the entry of recheckPhases that is being read, Cursor the index value before which it goes on.
	Phase  int    `json:"phase"`
	Cursor string `json:"cursor,omitempty"`
	// Looked counts the topics and messages that were read, More the hits beyond mostFound.
	Looked int     `json:"looked"`
	More   int     `json:"more,omitempty"`
	Found  []found `json:"found,omitempty"`
	Ended  bool    `json:"ended,omitempty"`
}

// found is one hit, and what PR decided about it.
type found struct {
	// Topic is the number of a topic, Crossing the key of a message; one of them is set.
	Topic    uint64    `json:"topic,omitempty"`
	Crossing string    `json:"crossing,omitempty"`
	Words    string    `json:"words"`
	Term     string    `json:"term,omitempty"`
	Done     foundDone `json:"done,omitempty"`
	By       string    `json:"by,omitempty"`
	At       time.Time `json:"at,omitzero"`
}

// foundDone is what was decided about a hit; empty for nothing yet.
type foundDone string

const (
	foundHeld   foundDone = "held"
	foundHinted foundDone = "hinted"
	foundLeft   foundDone = "left"
)

var foundTexts = map[foundDone]say.Text{
	foundHeld: say.T("angehalten", "held"), foundHinted: say.T("Hinweis gegeben", "hinted"), foundLeft: say.T("gelassen", "left"),
}

var rechecks = &Kind[recheck]{Name: "recheck", Version: 1, Key: func(c *recheck) string { return Serial(c.ID) }}

// recheckPhases are the states of topics that are searched; the messages of the lines follow.
var recheckPhases = []TopicState{TopicNew, TopicParked, TopicAccepted}

// ref names the search for its living card.
func (c *recheck) ref() string { return "recheck-" + strconv.FormatUint(c.ID, 10) }

// recheckCommands decide on the hits of a search; only buttons reach them.
func recheckCommands() []Command {
	args := []Arg{{Name: "hit", Kind: ArgWord, Free: true, Required: true, Max: 40, Label: say.T("Treffer", "Hit")}}
	return []Command{
		{Name: "recheck.hold", Roles: PR, Args: args, Label: say.T("Anhalten", "Hold"), Run: runFoundHold},
		{Name: "recheck.hint", Roles: PR, Args: args, Label: say.T("Hinweis", "Hint"), Run: runFoundHint},
		{Name: "recheck.leave", Roles: PR, Args: args, Label: say.T("Lassen", "Leave"), Run: runFoundLeave},
	}
}

// startRecheck begins a search for a flag that is about to be stored; an older search for it ends.
func (r *Request) startRecheck(f *Flag) error {
	n, err := r.Tx.Number("recheck")
	if err != nil {
		return err
	}
	f.Recheck = n
	now, err := r.books.edition()
	if err != nil {
		return err
	}
	if err := rechecks.Put(r.Tx, &recheck{ID: n, Flag: f.Ref(), By: r.Person.ID, At: r.Now, Edition: now.N + 1}); err != nil {
		return err
	}
	return r.setTimer("flag.recheck", Serial(n), r.Now.Add(recheckSoon))
}

// jobRecheck looks at the next piece, and shows PR what was found when there is nothing left.
func jobRecheck(_ context.Context, r *Request, key string) ([]Reply, error) {
	c, err := rechecks.Get(r.Tx, key)
	if err != nil {
		return nil, err
	}
	f, err := r.books.flag(c.Flag)
	if err != nil || !f.Lifted.IsZero() || f.Recheck != c.ID || c.Ended {
		return nil, err
	}
	g, err := r.books.guard()
	if err != nil {
		return nil, err
	}
	for left := recheckPiece; left > 0 && !c.Ended; {
		n, err := c.step(r, g, left)
		if err != nil {
			return nil, err
		}
		left -= n
		c.Looked += n
	}
	if err := rechecks.Put(r.Tx, c); err != nil {
		return nil, err
	}
	if !c.Ended {
		return nil, r.setTimer("flag.recheck", key, r.Now.Add(time.Millisecond))
	}
	if len(c.Found) > 0 {
		return r.showRecheck(c, f)
	}
	return nil, refresh(r, f.Ref())
}

// showRecheck sends the card to whoever set the flag, and to its contact and deputy of PR.
func (r *Request) showRecheck(c *recheck, f *Flag) ([]Reply, error) {
	holders, err := r.books.holders(PR)
	if err != nil {
		return nil, err
	}
	var replies []Reply
	for _, p := range holders {
		if p.hasID(c.By) || f.decides(p) {
			replies = append(replies, Reply{To: Somebody, Person: p, View: "recheck", Ref: c.ref()})
		}
	}
	return replies, nil
}

// step reads up to limit topics or messages of the present phase, goes on to the next when it is through, and returns
// how many it read.
func (c *recheck) step(r *Request, g *guard, limit int) (n int, err error) {
	next := ""
	if c.Phase < len(recheckPhases) {
		n, next, err = c.stepTopics(r, g, limit)
	} else {
		n, next, err = c.stepLine(r, g, limit)
	}
	c.Cursor = next
	if n < limit {
		c.Ended = c.Phase == len(recheckPhases)
		c.Phase, c.Cursor = c.Phase+1, ""
	}
	return n, err
}

func (c *recheck) stepTopics(r *Request, g *guard, limit int) (n int, next string, err error) {
	state := string(recheckPhases[c.Phase])
	q := Query{Index: "state", Reverse: true, Limit: limit}
	q.From, q.To = Under(state)
	if c.Cursor != "" {
		q.To = c.Cursor
	}
	for t, err := range topics.All(r.Tx, q) {
		if err != nil {
			return n, "", err
		}
		n, next = n+1, Compose(state, Serial(t.ID))
		if !t.At.After(c.At) {
			c.note(g.ask(r.bot.topicBody(t)), found{Topic: t.ID})
		}
	}
	return n, next, nil
}

func (c *recheck) stepLine(r *Request, g *guard, limit int) (n int, next string, err error) {
	for x, err := range crossings.All(r.Tx, Query{Index: "at", From: Stamp(c.At.Add(-recheckBack)), To: c.Cursor, Reverse: true, Limit: limit}) {
		if err != nil {
			return n, "", err
		}
		n, next = n+1, Compose(Stamp(x.At), x.Key)
		if x.State == Crossed && x.Guarded && x.Edition < c.Edition {
			c.note(g.askFrom(r.bot, r.bot.room(x.Room), x.Body, x.Files...), found{Crossing: x.Key})
		}
	}
	return n, next, nil
}

// note keeps what met the flag that is searched for.
func (c *recheck) note(hits []Hit, f found) {
	i := slices.IndexFunc(hits, func(h Hit) bool { return h.Flag == c.Flag })
	if i < 0 {
		return
	}
	if len(c.Found) == mostFound {
		c.More++
		return
	}
	f.Words, f.Term = hits[i].Words, hits[i].Term
	c.Found = append(c.Found, f)
}

// recheckNote is what a flag's card says of the search in what was there before.
func (k *books) recheckNote(f *Flag, v say.Voice) (string, error) {
	c, err := rechecks.Get(k.r, Serial(f.Recheck))
	if errors.Is(err, ErrNotFound) || err == nil && (!c.Ended || len(c.Found) > 0) {
		return "", nil
	} else if err != nil {
		return "", err
	}
	return say.T("Offene Themen und die letzten 14 Tage geprüft: kein Treffer.", "Open topics and the last 14 days searched: no hit.").In(v), nil
}

// viewRecheck is PR's card of a search: the next hit in full, with what can be done, and the others as a list.
func viewRecheck(k *books, ref string, who *Person, v say.Voice) (Card, error) {
	n, _ := strconv.ParseUint(strings.TrimPrefix(ref, "recheck-"), 10, 64)
	c, err := rechecks.Get(k.r, Serial(n))
	if err != nil {
		return Card{}, err
	}
	card := Card{Preview: say.T("Treffer zu Vermerk {ref}", "Hits of flag {ref}").In(v, "ref", c.Flag)}
	if who == nil || !who.Is(PR) {
		card.Title = card.Preview
		return card, nil
	}
	f, err := k.flag(c.Flag)
	if err != nil {
		return Card{}, err
	}
	card.Title = say.T("Vermerk {ref} „{label}“: {n} Treffer in dem, was schon da ist", "Flag {ref} “{label}”: {n} {n:hit|hits} in what is there already").
		In(v, "ref", c.Flag, "label", f.Label, "n", len(c.Found)+c.More)
	open := slices.IndexFunc(c.Found, func(f found) bool { return f.Done == "" })
	if open < 0 || f.Recheck != c.ID || !f.Lifted.IsZero() {
		card.Tone = ToneDone
		card.Text = say.T("Alles entschieden.", "All decided.").In(v)
		if open >= 0 {
			card.Text = say.T("Überholt: Der Vermerk ist geändert oder aufgehoben.", "Superseded: the flag was changed or lifted.").In(v)
		}
		return card, k.listFound(&card, c, -1, who, v)
	}
	if err := k.showFound(&card, &c.Found[open], who, v); err != nil {
		return Card{}, err
	}
	for _, name := range []string{"recheck.hold", "recheck.hint", "recheck.leave"} {
		if name == "recheck.hold" && !f.holds() {
			continue
		}
		row := k.bot.commands.byName[name]
		card.Buttons = append(card.Buttons, Button{Label: row.Label.In(v), Do: row.do(fmt.Sprintf("%d.%d", c.ID, open)), Primary: len(card.Buttons) == 0})
	}
	return card, k.listFound(&card, c, open, who, v)
}

// showFound puts one hit into a card in full.
func (k *books) showFound(card *Card, f *found, who *Person, v say.Voice) error {
	what, text, err := k.foundWhat(f, who, v)
	card.Meta, card.Quote, card.Marks = what, text, []string{f.Words}
	return err
}

// foundWhat says what a hit is, with the full text; a message that is gone has none.
func (k *books) foundWhat(f *found, who *Person, v say.Voice) (what, text string, err error) {
	if f.Topic > 0 {
		t, err := k.topic(f.Topic)
		if err != nil {
			return "", "", err
		}
		author, err := k.name(t.Author)
		return say.T("Thema {ref} von {who}", "Topic {ref} by {who}").In(v, "ref", t.Ref(), "who", author), t.Text, err
	}
	c, err := k.crossing(f.Crossing)
	if err != nil {
		return "", "", err
	}
	if c == nil || c.State == Gone {
		return say.T("Nachricht, inzwischen gelöscht", "Message, deleted meanwhile").In(v), "", nil
	}
	by := c.Author.Name
	if c.Author.Party != "" {
		by += " · " + c.Author.Party
	}
	return say.T("Nachricht von {who}, {when}", "Message by {who}, {when}").In(v, "who", by, "when", sayTime(who, c.At, k.now)), markup.Plain(c.Body), nil
}

// listFound lists the hits besides the one that is shown: first what is not decided yet, then what was.
func (k *books) listFound(card *Card, c *recheck, shown int, who *Person, v say.Voice) error {
	var order []int
	for _, done := range []bool{false, true} {
		for i := range c.Found {
			if i != shown && (c.Found[i].Done != "") == done {
				order = append(order, i)
			}
		}
	}
	for _, i := range order[:min(len(order), foundShown)] {
		f := &c.Found[i]
		what, _, err := k.foundWhat(f, who, v)
		if err != nil {
			return err
		}
		item := Item{Text: say.T("{what}: „{words}“", "{what}: “{words}”").In(v, "what", what, "words", shorten(f.Words, 60))}
		if f.Done != "" {
			by, err := k.name(f.By)
			if err != nil {
				return err
			}
			item.Meta = foundTexts[f.Done].In(v) + ", " + by
		}
		card.Items = append(card.Items, item)
	}
	if more := len(order) - foundShown + c.More; more > 0 && len(order) >= foundShown {
		card.Note = textMore.In(v, "n", more)
	}
	return nil
}

// foundHit is the hit that a button names, while nobody has decided on it.
func (r *Request) foundHit() (*recheck, *found, *Flag, error) {
	id, at, _ := strings.Cut(r.Text("hit"), ".")
	n, _ := strconv.ParseUint(id, 10, 64)
	i, err := strconv.Atoi(at)
	c, missing := rechecks.Get(r.Tx, Serial(n))
	if errors.Is(missing, ErrNotFound) || missing == nil && (err != nil || i < 0 || i >= len(c.Found)) {
		return nil, nil, nil, fault(NotFound, textUnknownButton)
	} else if missing != nil {
		return nil, nil, nil, missing
	}
	hit := &c.Found[i]
	if hit.Done != "" {
		by, err := r.books.name(hit.By)
		if err != nil {
			return nil, nil, nil, err
		}
		return nil, nil, nil, fault(Conflict, say.T("Schon entschieden: {what}, von {who}, {when}. Nichts geändert.", "Decided already: {what}, by {who}, {when}. Nothing changed."),
			"what", foundTexts[hit.Done], "who", by, "when", sayTime(r.Person, hit.At, r.Now))
	}
	f, err := r.books.flag(c.Flag)
	if err != nil {
		return nil, nil, nil, err
	}
	if !f.Lifted.IsZero() {
		return nil, nil, nil, fault(Conflict, say.T("Vermerk {ref} ist schon aufgehoben. Nichts geändert.", "Flag {ref} is lifted already. Nothing changed."), "ref", f.Ref())
	}
	return c, hit, f, nil
}

// decideFound notes a decision and rewrites the cards.
func (r *Request) decideFound(c *recheck, hit *found, done foundDone) error {
	hit.Done, hit.By, hit.At = done, r.Person.ID, r.Now
	if err := rechecks.Put(r.Tx, c); err != nil {
		return err
	}
	return refresh(r, c.ref())
}

func runFoundLeave(_ context.Context, r *Request) ([]Reply, error) {
	c, hit, _, err := r.foundHit()
	if err != nil {
		return nil, err
	}
	return []Reply{answer(say.T("Gelassen, wie es ist. {nobody}", "Left as it is. {nobody}"), "nobody", textNobodyTold)}, r.decideFound(c, hit, foundLeft)
}

// runFoundHint tells the writer how the company speaks of it.
func runFoundHint(_ context.Context, r *Request) ([]Reply, error) {
	c, hit, f, err := r.foundHit()
	if err != nil {
		return nil, err
	}
	writer, err := r.foundWriter(hit)
	if err != nil {
		return nil, err
	}
	contact, err := r.books.name(f.Contact)
	if err != nil {
		return nil, err
	}
	what, text, err := r.foundFor(hit, writer)
	if err != nil {
		return nil, err
	}
	told, replies := r.tell(writer, func(v say.Voice) Card {
		card := Card{
			Title: say.T("Ein Hinweis von {who}", "A hint from {who}").In(v, "who", r.Person.First()),
			Meta:  what, Quote: shorten(text, 300), Marks: []string{hit.Words},
			Text:    say.T("Das ist ein heikles Thema. Fragen dazu bitte an {contact}.", "This is a sensitive subject. Questions to {contact}, please.").In(v, "contact", contact),
			Preview: say.T("Ein Hinweis von PR", "A hint from PR").In(v),
		}
		if f.Level == Red {
			return card // neither its label nor its wording is for others
		}
		card.Text = say.T("Das betrifft „{label}“. Fragen dazu bitte an {contact}.", "This touches “{label}”. Questions to {contact}, please.").In(v, "label", f.Label, "contact", contact)
		if words := spoken(f.Wordings, v); words != "" {
			card.Facts = []Fact{{say.T("So sagen wir es", "How we say it").In(v), words}}
		}
		return card
	})
	replies = append(replies, answer(say.T("Hinweis gegeben. {told}", "Hint given. {told}"), "told", told))
	return replies, r.decideFound(c, hit, foundHinted)
}

// foundFor says what a hit is to its writer.
func (r *Request) foundFor(hit *found, writer *Person) (what, text string, err error) {
	if writer == nil {
		return "", "", nil
	}
	return r.books.foundWhat(hit, writer, writer.Speaks())
}

// foundWriter is who wrote what was found; nil when nobody knows.
func (r *Request) foundWriter(hit *found) (*Person, error) {
	id := ""
	if hit.Topic > 0 {
		t, err := r.books.topic(hit.Topic)
		if err != nil {
			return nil, err
		}
		id = t.Author
	} else if c, err := r.books.crossing(hit.Crossing); err != nil {
		return nil, err
	} else if c != nil {
		id = c.Person
	}
	writer, err := r.books.person(id)
	if errors.Is(err, ErrNotFound) {
		return nil, nil //nolint:nilnil // tell says that nobody was told
	}
	return writer, err
}

// runFoundHold puts a topic aside, or keeps a message from crossing as far as it has not crossed.
func runFoundHold(_ context.Context, r *Request) ([]Reply, error) {
	c, hit, f, err := r.foundHit()
	if err != nil {
		return nil, err
	}
	if !f.holds() {
		return nil, fault(Conflict, say.T("Vermerk {ref} ist grün und hält nichts an; ein Hinweis geht. Nichts geändert.",
			"Flag {ref} is green and holds nothing; a hint will do. Nothing changed."), "ref", f.Ref())
	}
	var replies []Reply
	if hit.Topic > 0 {
		replies, err = r.holdTopic(hit, f)
	} else {
		replies, err = r.holdCrossing(hit, f)
	}
	if err != nil {
		return nil, err
	}
	return replies, r.decideFound(c, hit, foundHeld)
}

// holdTopic puts a topic aside that was found, and tells its author.
func (r *Request) holdTopic(hit *found, f *Flag) ([]Reply, error) {
	t, err := r.books.topic(hit.Topic)
	if err != nil {
		return nil, err
	}
	t.putAside([]Hit{{Flag: f.Ref(), Words: hit.Words, Term: hit.Term}}, f.Level == Red)
	t.HeldBy = r.Person.ID
	if err := topics.Put(r.Tx, t); err != nil {
		return nil, err
	}
	author, err := r.foundWriter(hit)
	if err != nil {
		return nil, err
	}
	told, replies := r.tell(author, func(v say.Voice) Card {
		card := Card{
			Title:   say.T("{who} hält {Ihr|dein} Thema {ref} vorerst zurück.", "{who} is keeping your topic {ref} back for now.").In(v, "who", r.Person.First(), "ref", t.Ref()),
			Preview: say.T("Neues zu {Ihrem|deinem} Thema {ref}", "News about your topic {ref}").In(v, "ref", t.Ref()),
		}
		if f.Level != Red {
			card.Quote = t.title()
			card.Text = say.T("Es betrifft „{label}“. Bis zur Freigabe sieht es sonst niemand.", "It touches “{label}”. Nobody else sees it until it is released.").In(v, "label", f.Label)
		}
		return card
	})
	replies = append(replies, answer(say.T("Angehalten: Thema {ref}. {told}", "Held: topic {ref}. {told}"), "ref", t.Ref(), "told", told))
	return replies, refresh(r, t.Ref())
}

// holdCrossing takes back the copies of a message that were not sent yet and asks for an approval. What was delivered
// cannot be unsaid: its writer is asked to delete it.
func (r *Request) holdCrossing(hit *found, f *Flag) ([]Reply, error) {
	c, err := r.books.crossing(hit.Crossing)
	if err != nil {
		return nil, err
	}
	if c == nil || c.State != Crossed {
		return nil, fault(Conflict, say.T("Die Nachricht ist nicht mehr da oder wartet schon. Nichts geändert.", "The message is gone, or waits already. Nothing changed."))
	}
	waiting, delivered, err := r.countCopies(c)
	if err != nil {
		return nil, err
	}
	var replies []Reply
	if waiting > 0 {
		in := relay{to: c.To, guard: true, hits: []Hit{{Flag: f.Ref(), Words: hit.Words, Term: hit.Term}}}
		if replies, err = r.hold(c, in); err != nil {
			return nil, err
		}
	}
	if delivered == 0 {
		return append(replies, answer(say.T("Angehalten: Die Nachricht wartet auf eine Freigabe.", "Held: the message waits for an approval."))), nil
	}
	more, err := r.askToDelete(c, hit, f)
	return append(replies, more...), err
}

// countCopies counts the copies that were not sent and the others. A copy that is being sent counts as delivered.
func (r *Request) countCopies(c *Crossing) (waiting, delivered int, err error) {
	for _, name := range c.To {
		key := copyKey(c.Key, name)
		post, err := posts.Get(r.Tx, key)
		if errors.Is(err, ErrNotFound) {
			continue
		} else if err != nil {
			return 0, 0, err
		}
		lane, err := r.Tx.Lane(post.lane())
		if err != nil {
			return 0, 0, err
		}
		under := lane.Oldest != nil && lane.Oldest.Post == key && lane.Oldest.State != RowQueued
		if post.Sent > 0 || post.Digest != "" || under {
			delivered++
			continue
		}
		waiting++
	}
	return waiting, delivered, nil
}

// askToDelete asks the writer, privately, to delete what was said in the open.
func (r *Request) askToDelete(c *Crossing, hit *found, f *Flag) ([]Reply, error) {
	writer, err := r.foundWriter(hit)
	if err != nil {
		return nil, err
	}
	what, text, err := r.foundFor(hit, writer)
	if err != nil {
		return nil, err
	}
	told, replies := r.tell(writer, func(v say.Voice) Card {
		card := Card{
			Title: say.T("{who} bittet {Sie|dich}, eine Nachricht zu löschen.", "{who} asks you to delete a message.").In(v, "who", r.Person.First()),
			Meta:  what, Quote: shorten(text, 300), Marks: []string{hit.Words},
			Text:    say.T("Sie ist heikel geworden. Nach dem Löschen verschwinden auch die Kopien.", "It has become sensitive. Once you delete it, its copies go, too.").In(v),
			Preview: say.T("Eine Bitte von PR", "A request from PR").In(v),
		}
		if f.Level != Red {
			card.Text = say.T("Sie betrifft „{label}“. Nach dem Löschen verschwinden auch die Kopien.", "It touches “{label}”. Once you delete it, its copies go, too.").In(v, "label", f.Label)
		}
		if c.Room == "" {
			card.Note = say.T("Sie ging von hier über die Leitung: {Sagen Sie|Sag} PR Bescheid, wenn sie sich nicht löschen lässt.", "It went over the line from here: tell PR if it cannot be deleted.").In(v)
		}
		return card
	})
	return append(replies, answer(say.T("Was gesendet ist, bleibt zu lesen, bis es gelöscht wird. {told}", "What was sent can be read until it is deleted. {told}"), "told", told)), nil
}
