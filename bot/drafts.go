package bot

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"standleitung/bot/say"
)

// draft is a text that waits for its writer to say what it is: nothing that people write to the bot is lost because
// it was not understood.
type draft struct {
	ID     uint64    `json:"id"`
	Person string    `json:"person"`
	At     time.Time `json:"at"`
	Kind   draftKind `json:"kind"`
	// Text is all that was written, Rest what follows its first word.
	Text string `json:"text,omitempty"`
	Rest string `json:"rest,omitempty"`
	// Rows are the commands that it may be meant for.
	Rows []string `json:"rows,omitempty"`
	// Args, Themes and Similar belong to a topic that waits because there are similar ones.
	Args    map[string]string `json:"args,omitempty"`
	Themes  []string          `json:"themes,omitempty"`
	Similar []uint64          `json:"similar,omitempty"`
	// Contact is who is to be asked about a text that may not be said yet; empty for nobody.
	Contact string `json:"contact,omitempty"`
	// Used is set when a button made something of it.
	Used bool `json:"used,omitempty"`
}

// draftKind says why a text waits.
type draftKind string

const (
	draftMistyped draftKind = "mistyped" // its first word is nearly a verb
	draftOffer    draftKind = "offer"    // it has no verb
	draftSimilar  draftKind = "similar"  // there are topics like it
	draftMay      draftKind = "may"      // somebody is to be asked before it is said
)

var drafts = &Kind[draft]{
	Name: "draft", Version: 1,
	Key:     func(d *draft) string { return Serial(d.ID) },
	Indexes: []Index[draft]{{"at", func(d *draft) []string { return []string{Stamp(d.At)} }}},
}

// keep stores a new draft.
func (d *draft) keep(tx Tx) error {
	n, err := tx.Number("draft")
	if err != nil {
		return err
	}
	d.ID = n
	return drafts.Put(tx, d)
}

// ref names the draft for its living card.
func (d *draft) ref() string { return "draft-" + strconv.FormatUint(d.ID, 10) }

// draftVerb begins the action of a button that makes something of a draft.
const draftVerb = "draft.as"

// as is the action that makes a command of the draft.
func (d *draft) as(c *Command) string {
	return strings.Join([]string{draftVerb, strconv.FormatUint(d.ID, 10), c.Name}, " ")
}

// pressed reads the action of a button or a form. Whatever it holds came from outside.
func (b *Bot) pressed(req *Request, do string) (parsed, uint64, error) {
	name, rest := cutWord(do)
	if name == draftVerb {
		return b.pressedDraft(req, rest)
	}
	row := b.commands.byName[name]
	if row == nil {
		return parsed{}, 0, fault(NotFound, textUnknownButton)
	}
	return parseArgs(row, rest), 0, nil
}

// pressedDraft reads "NUMBER COMMAND": the command with the kept text as its arguments.
func (b *Bot) pressedDraft(req *Request, rest string) (parsed, uint64, error) {
	number, name := cutWord(rest)
	n, _ := strconv.ParseUint(number, 10, 64)
	row := b.commands.byName[name]
	d, err := drafts.Get(req.Reader, Serial(n))
	switch {
	case errors.Is(err, ErrNotFound) || err == nil && (row == nil || !req.Person.hasID(d.Person)):
		return parsed{}, 0, fault(NotFound, textUnknownButton)
	case err != nil:
		return parsed{}, 0, err
	case d.Kind == draftMay:
		return parsed{row: row, args: map[string]string{"text": d.Text}}, n, nil
	case d.Kind == draftSimilar:
		return parsed{row: row, args: d.Args, themes: d.Themes}, n, nil
	case d.Kind == draftMistyped:
		return parseArgs(row, d.Rest), n, nil
	}
	return parseArgs(row, d.Text), n, nil
}

// useDraft uses a draft up, so that a second press makes nothing twice.
func useDraft(req *Request, id uint64) error {
	if id == 0 {
		return nil
	}
	d, err := drafts.Get(req.Tx, Serial(id))
	if err != nil {
		return err
	}
	if d.Used {
		return fault(Conflict, say.T("Das ist schon erledigt. Nichts geändert.", "This is done already. Nothing changed."))
	}
	d.Used = true
	if err := drafts.Put(req.Tx, d); err != nil {
		return err
	}
	return refresh(req, d.ref())
}

// notUnderstood answers a text that holds no command: with the nearest verbs when its first word looks like a mistyped
// one, with what it could be meant for otherwise.
func (b *Bot) notUnderstood(p parsed) func(context.Context, *Request) ([]Reply, error) {
	return func(_ context.Context, r *Request) ([]Reply, error) {
		if p.whole == "" {
			return runHelp(context.Background(), r)
		}
		d := &draft{Person: r.Person.ID, At: r.Now, Kind: draftOffer, Text: p.whole, Rest: p.rest}
		rows, close := b.commands.nearest(p.unknown, r.Person, 3)
		if close {
			d.Kind = draftMistyped
		} else {
			rows = b.commands.offers(r.Person)
		}
		for _, row := range rows {
			d.Rows = append(d.Rows, row.Name)
		}
		if err := d.keep(r.Tx); err != nil {
			return nil, err
		}
		return []Reply{{To: Asker, View: "draft", Ref: d.ref()}}, nil
	}
}

// offers are the commands that a text without a verb could be meant for.
func (c *commands) offers(who *Person) []*Command {
	var rows []*Command
	for i := range c.rows {
		if !c.rows[i].Offer.IsZero() && who.Is(c.rows[i].Roles) {
			rows = append(rows, &c.rows[i])
		}
	}
	return rows
}

// viewDraft is the living card of a draft: once it is used its buttons are gone.
func viewDraft(k *books, ref string, _ *Person, v say.Voice) (Card, error) {
	n, _ := strconv.ParseUint(strings.TrimPrefix(ref, "draft-"), 10, 64)
	d, err := drafts.Get(k.r, Serial(n))
	if err != nil {
		return Card{}, err
	}
	if d.Kind == draftMay {
		return k.mayDraft(d, v)
	}
	card := Card{Quote: shorten(d.Text, 300), Preview: textPreviewAnswer.In(v)}
	switch d.Kind {
	case draftSimilar:
		if card, err = similarCard(k, d, v); err != nil {
			return Card{}, err
		}
	case draftMistyped:
		card.Text = say.T("Nicht verstanden, nichts gesendet. {Meinten Sie|Meintest du} …", "Not understood, nothing sent. Did you mean …").In(v)
	default:
		card.Text = say.T("Was soll damit geschehen? Noch ist nichts gesendet.", "What shall I do with this? Nothing was sent yet.").In(v)
	}
	if d.Used {
		card.Tone, card.Buttons = ToneDone, nil
		card.Text = say.T("Erledigt.", "Done.").In(v)
		return card, nil
	}
	for _, name := range d.Rows {
		row := k.bot.commands.byName[name]
		label := row.Offer
		if d.Kind == draftMistyped || label.IsZero() {
			label = say.T(row.verb(say.German), row.verb(say.English))
		}
		card.Buttons = append(card.Buttons, Button{Label: label.In(v), Do: d.as(row), Primary: len(card.Buttons) == 0})
	}
	return card, nil
}
