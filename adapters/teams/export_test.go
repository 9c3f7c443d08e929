package teams

import (
	"context"
	"encoding/json"
	"time"

	"standleitung/bot"
)

// Running reports whether activities are let in; Ready also tells of other trouble.
func (a *Adapter) Running() bool { return a.shift.Open() }

// Look has the histories read now, as they are every ten minutes.
func (a *Adapter) Look() { a.wake() }

// Meet makes somebody known.
func (a *Adapter) Meet(object, id string) {
	a.people.put(person{Identity: bot.Identity{Adapter: Name, ID: id}, object: object, at: a.now()})
}

// Past is what becomes of one entry of a history.
func (a *Adapter) Past(ctx context.Context, room, entry string) []bot.Message {
	m, ok := a.readMessage(json.RawMessage(entry))
	if !ok {
		return nil
	}
	acts, err := a.reenactAll(ctx, room, mark{}, appendPast(nil, m, time.Time{}))
	if err != nil {
		return nil // somebody whom nobody knows
	}
	core := &heard{}
	if err := a.handOver(ctx, core, acts); err != nil {
		panic(err) // it refuses nothing
	}
	return core.all
}

// Finds reports whether one entry of a history is found to be a delivery that was tried.
func (a *Adapter) Finds(d bot.Delivery, entry string) bool {
	m, ok := a.readMessage(json.RawMessage(entry))
	if !ok || !a.wrote(m) {
		return false
	}
	found := trace{told: true, parts: map[int]twin{}}
	if d.Copy == nil {
		found.card([]*stray{strayOf(m)}, d, nil)
	} else {
		found.copy([]*stray{strayOf(m)}, d, nil)
	}
	_, there := found.parts[0]
	return there
}

// heard is a core that takes everything.
type heard struct {
	bot.Core

	all []bot.Message
}

// Receive implements [bot.Core].
func (h *heard) Receive(_ context.Context, m bot.Message) (bot.Outcome, error) {
	h.all = append(h.all, m)
	return bot.Outcome{}, nil
}
