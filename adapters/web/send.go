package web

import (
	"context"
	"errors"
	"slices"

	"standleitung/bot"
	"standleitung/bot/markup"
)

// Send writes a delivery to the journal, from where the pages get it. A delivery that comes twice has the same key
// there and is written once, so that an unsure one needs no mark.
func (a *Adapter) Send(ctx context.Context, d bot.Delivery) (bot.Sent, error) {
	core, ok := a.shift.Enter()
	if !ok {
		return bot.Sent{}, &bot.SendError{Fate: bot.Untried, Reason: "not_running", Err: errNotRunning}
	}
	defer a.shift.Leave()

	e, reason := a.entryOf(d)
	if reason != "" {
		return bot.Sent{}, &bot.SendError{Fate: bot.Never, Reason: reason, Err: errUndeliverable}
	}
	var missing []string
	if d.Copy != nil && d.Op != bot.OpDelete {
		var err error
		if e.Files, missing, err = a.bring(ctx, d); err != nil {
			return bot.Sent{}, &bot.SendError{Fate: bot.Retry, Reason: "file_failed", Err: err}
		}
	}
	note, err := e.note(sentKey(d))
	if err != nil {
		return bot.Sent{}, &bot.SendError{Fate: bot.Never, Reason: "not_encodable", Err: err}
	}
	// Even if the note was written after all, the next try changes nothing: so it can always be repeated.
	if err := core.Append(ctx, note); err != nil {
		return bot.Sent{}, &bot.SendError{Fate: bot.Retry, Reason: "journal_failed", Err: err}
	}
	a.wake()
	return bot.Sent{IDs: []string{e.ID}, Missing: missing}, nil
}

var (
	errNotRunning    = errors.New("the web chat is not running")
	errUndeliverable = errors.New("the web chat cannot show it")
)

// entryOf builds the entry of a delivery, or tells why it can never be delivered.
func (a *Adapter) entryOf(d bot.Delivery) (e entry, reason string) {
	switch {
	case d.Post == "":
		return e, "post_missing"
	case !slices.Contains([]bot.Op{bot.OpPost, bot.OpEdit, bot.OpDelete, bot.OpReact}, d.Op), d.Op == bot.OpReact && len(d.IDs) == 0:
		return e, "op_unknown"
	case !a.knows(d.Place):
		return e, "place_unknown"
	case d.Place.Thread != "" && !validPostID(d.Place.Thread):
		return e, "thread_unknown"
	case d.Reader != "" && a.people[d.Reader] == nil:
		return e, "reader_unknown"
	}
	e = entry{
		ID: botID(d.Post), Op: d.Op, Revision: d.Revision, Place: d.Place, Reader: d.Reader,
		Language: d.Voice.Language, At: a.now(),
	}
	if len(d.IDs) > 0 {
		e.ID = d.IDs[0]
	}
	switch {
	case d.Op == bot.OpDelete:
	case d.Op == bot.OpReact:
		e.Version, e.Emoji = reactVersion, d.Reaction
	case d.Copy != nil:
		e.copied(d.Copy)
	default:
		e.Card = &d.Card
	}
	return e, ""
}

// copied fills an entry with what a person wrote in another room: it is theirs, not the bot's.
func (e *entry) copied(c *bot.Copy) {
	e.From = &author{Name: c.Author.Name, Party: c.Author.Party, Platform: c.Author.Platform}
	e.Text, e.Rich = markup.Plain(c.Body), formatted(c.Body)
	e.Quote, e.Written = c.Quote, c.Written
}
