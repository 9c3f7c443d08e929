package bot

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"standleitung/bot/say"
)

const (
	// lateNews is how long a copy may wait before its writer is told.
	lateNews = 15 * time.Minute
	// lateAgain is how often a lane that is stuck is looked at.
	lateAgain = 5 * time.Minute
)

// jobLate tells writers that their messages have not arrived in a room for a quarter of an hour: each once, however
// many wait.
func jobLate(_ context.Context, r *Request, lane string) ([]Reply, error) {
	adapter, id, _ := strings.Cut(lane, Sep)
	room := r.bot.roomAt(Place{Adapter: adapter, ID: id})
	from, to := Under(adapter, id)
	late := map[string][]*Crossing{}
	next := time.Time{}
	for post, err := range posts.All(r.Tx, Query{Index: "waiting", From: from, To: to}) {
		if err != nil {
			return nil, err
		}
		if due := post.At.Add(lateNews); due.After(r.Now) {
			next = due
			break
		}
		next = r.Now.Add(lateAgain)
		if post.Told {
			continue
		}
		c, err := r.books.crossing(post.Origin)
		if err != nil {
			return nil, err
		}
		if c == nil || c.State != Crossed {
			continue
		}
		late[c.Person] = append(late[c.Person], c)
		post.Told = true
		if err := posts.Put(r.Tx, post); err != nil {
			return nil, err
		}
		if err := errors.Join(r.mark(c), crossings.Put(r.Tx, c)); err != nil {
			return nil, err
		}
	}
	if room == nil {
		return nil, nil
	}
	if !next.IsZero() {
		if err := r.setTimer("lane.late", lane, next); err != nil {
			return nil, err
		}
	}
	return r.lateNews(room, late)
}

func (r *Request) lateNews(room *Room, late map[string][]*Crossing) ([]Reply, error) {
	var replies []Reply
	for person, list := range late {
		writer, err := r.books.person(person)
		if err != nil {
			return nil, err
		}
		c := list[0]
		replies = append(replies, Reply{To: Somebody, Person: writer, Card: func(v say.Voice) Card {
			return Card{
				Title: say.T("Noch nicht angekommen in {room}: {n} {n:Nachricht|Nachrichten}", "Not arrived yet in {room}: {n} {n:message|messages}").
					In(v, "room", room.Name, "n", len(list)),
				Meta:    say.T("geschrieben {when}", "written {when}").In(v, "when", sayTime(writer, c.At, r.Now)),
				Quote:   shorten(gist(c.Body, c.Files, v), 120),
				Text:    say.T("Ich versuche es weiter; {Sie müssen|du musst} nichts tun.", "I keep trying; there is nothing for you to do.").In(v),
				Preview: say.T("Eine Nachricht ist noch nicht angekommen", "A message has not arrived yet").In(v),
			}
		}})
	}
	slices.SortFunc(replies, func(a, b Reply) int { return cmp.Compare(a.Person.ID, b.Person.ID) })
	return replies, nil
}

// jobParked tells the writer of a copy that it cannot be delivered, with a way on.
func jobParked(_ context.Context, r *Request, key string) ([]Reply, error) {
	post, err := posts.Get(r.Tx, key)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	c, err := r.books.crossing(post.Origin)
	room := r.bot.roomAt(post.Place)
	if err != nil || c == nil || room == nil {
		return nil, err
	}
	if post.Sent == 0 && c.State == Crossed {
		post.Told = true
		if err := errors.Join(posts.Put(r.Tx, post), r.mark(c), crossings.Put(r.Tx, c)); err != nil {
			return nil, err
		}
	}
	writer, err := r.books.person(c.Person)
	if err != nil {
		return nil, err
	}
	why := say.Text{}
	for row, err := range r.Tx.Parked(post.lane()) {
		if err != nil {
			return nil, err
		}
		if row.Post == key {
			why = troubles[cmp.Or(sameTrouble[row.Reason], row.Reason)]
		}
	}
	return []Reply{{To: Somebody, Person: writer, Card: func(v say.Voice) Card {
		again, discard := r.bot.commands.byName["row.again"], r.bot.commands.byName["row.discard"]
		title, text := say.T("Nicht zustellbar in {room}", "Cannot be delivered to {room}"), say.T("{Sie entscheiden|Du entscheidest}, was damit geschieht.", "You decide what becomes of it.")
		if post.Deleted {
			title = say.T("Nicht gelöscht in {room}", "Not deleted in {room}")
			text = say.T("{Ihre|Deine} Nachricht kann dort noch zu lesen sein.", "Your message may still be read there.")
		}
		return Card{
			Title: title.In(v, "room", room.Name),
			Meta:  why.In(v),
			Quote: shorten(gist(c.Body, c.Files, v), 120),
			Text:  text.In(v),
			Buttons: []Button{
				{Label: again.Label.In(v), Do: again.do(key), Primary: true},
				{Label: discard.Label.In(v), Do: discard.do(key), Danger: true},
			},
			Preview: say.T("Eine Nachricht ist nicht zustellbar", "A message cannot be delivered").In(v),
		}
	}}}, nil
}
