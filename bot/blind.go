package bot

import (
	"context"
	"errors"
	"time"

	"standleitung/bot/say"
)

const (
	// blindEvery is how often it is tried to read the register again while it cannot be read.
	blindEvery = time.Minute
	// blindPiece is how many messages are asked about in one unit of work once it can be read.
	blindPiece = 50
)

var (
	textBlind  = say.T("Das Register ist nicht lesbar", "The register cannot be read")
	textSeeing = say.T("Das Register ist wieder lesbar", "The register can be read again")
)

// blind keeps watch over a register that cannot be read: nothing that it guards crosses meanwhile. PR and the
// administrators are told once.
func (r *Request) blind() ([]Reply, error) {
	if _, err := timers.Get(r.Tx, Compose("register.again", "all")); !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	if err := r.setTimer("register.again", "all", r.Now.Add(blindEvery)); err != nil {
		return nil, err
	}
	return r.tellKeepers(textBlind, say.T("Über bewachte Leitungen geht deshalb nichts. Was geschrieben wird, wird angehalten; wer es schreibt, erfährt es. Die Verwaltung muss nachsehen. Ich versuche es jede Minute wieder.",
		"So nothing crosses a guarded line. What is written is held, and its writers are told. An administrator must have a look. I try again every minute."))
}

// tellKeepers tells PR and the administrators how the register is.
func (r *Request) tellKeepers(title, text say.Text) ([]Reply, error) {
	keepers, err := r.books.holders(PR | Admin)
	if err != nil {
		return nil, err
	}
	var replies []Reply
	for _, p := range keepers {
		replies = append(replies, Reply{To: Somebody, Person: p, Card: func(v say.Voice) Card {
			return Card{Title: title.In(v), Text: text.In(v), Preview: title.In(v)}
		}})
	}
	return replies, nil
}

// jobSight asks the register about what was held while it could not be read, the oldest first, or tries again later.
func jobSight(_ context.Context, r *Request, arg string) ([]Reply, error) {
	if _, err := r.books.guard(); err != nil {
		r.bot.log.Error("the register still cannot be read: nothing crosses a guarded line", "error", err)
		return nil, r.setTimer("register.again", arg, r.Now.Add(blindEvery))
	}
	var held []*Approval
	more := false
	for a, err := range approvals.All(r.Tx, Query{Index: "open"}) {
		if err != nil {
			return nil, err
		}
		if !a.Blind {
			continue
		}
		if more = len(held) == blindPiece; more {
			break
		}
		held = append(held, a)
	}
	var replies []Reply
	for _, a := range held {
		own, err := r.sight(a)
		if err != nil {
			return nil, err
		}
		replies = append(replies, own...)
	}
	if more {
		return replies, r.setTimer("register.again", arg, r.Now.Add(time.Millisecond))
	}
	news, err := r.tellKeepers(textSeeing, say.T("Was von dem Angehaltenen heikel ist, entscheidet PR wie gewohnt; beim Rest wird gefragt, wer es geschrieben hat.",
		"What is sensitive of what was held is up to PR as usual; for the rest, its writers are asked."))
	return append(replies, news...), err
}

// sight asks the register about one message that was held unread: PR is asked when it is touched, else its writer,
// whether it still holds.
func (r *Request) sight(a *Approval) ([]Reply, error) {
	c, err := r.books.crossing(a.Crossing)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return nil, r.void(a.ID)
	}
	if stopped, replies, err := r.stopped(a, c); err != nil || stopped {
		return replies, err
	}
	writer, err := r.books.person(c.Person)
	if err != nil {
		return nil, err
	}
	a.State = Doubted
	if err := errors.Join(approvals.Put(r.Tx, a), refresh(r, a.Ref())); err != nil {
		return nil, err
	}
	return []Reply{{To: Somebody, Person: writer, View: "held", Ref: a.Ref()}}, nil
}

// stopped asks the register about a message that was held unread. When it says no, the message waits for PR like any
// other.
func (r *Request) stopped(a *Approval, c *Crossing) (bool, []Reply, error) {
	in := relay{guard: true, room: r.bot.room(c.Room), files: a.Files, to: c.To}
	if in.look(r, a.Body); in.blind {
		return false, nil, fault(Conflict, say.T("Das Register ist gerade nicht lesbar. Nichts gesendet.", "The register cannot be read right now. Nothing sent."))
	}
	c.Edition = in.edition
	if err := crossings.Put(r.Tx, c); err != nil || !r.bot.stops(in.hits) {
		return false, nil, err
	}
	a.State, a.Blind, a.Hits = Open, false, in.hits
	if err := r.countHits(in.hits); err != nil {
		return true, nil, err
	}
	replies, err := r.askNext(a)
	return true, replies, errors.Join(err, refresh(r, a.Ref()))
}
