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
	if room == nil {
		return nil, nil // what waits for it cannot be delivered, which is told
	}
	late, next, err := r.lateAt(room)
	if err != nil {
		return nil, err
	}
	if !next.IsZero() {
		if err := r.setTimer("lane.late", lane, next); err != nil {
			return nil, err
		}
	}
	return r.lateNews(room, late)
}

// lateAt are the messages that a room should have had by now and whose writers were not told, by writer; next is when to
// look again, zero for not.
func (r *Request) lateAt(room *Room) (late map[string][]*Crossing, next time.Time, err error) {
	late = map[string][]*Crossing{}
	copies, err := r.waitingAt(room)
	if err != nil {
		return nil, next, err
	}
	for _, post := range copies {
		if due := post.At.Add(lateNews); due.After(r.Now) {
			return late, due, nil
		}
		next = r.Now.Add(lateAgain)
		if post.Told {
			continue
		}
		c, err := r.books.crossing(post.Origin)
		if err != nil {
			return nil, next, err
		}
		if c == nil || c.State != Crossed {
			continue
		}
		late[c.Person] = append(late[c.Person], c)
		post.Told = true
		if err := errors.Join(posts.Put(r.Tx, post), r.mark(c), crossings.Put(r.Tx, c)); err != nil {
			return nil, next, err
		}
	}
	return late, next, nil
}

// waitingAt are the copies that wait for a room, in order: those of a digest that waits itself, then those that come by
// themselves.
func (r *Request) waitingAt(room *Room) ([]*Post, error) {
	var list []*Post
	gather := func(q Query) error {
		for post, err := range posts.All(r.Tx, q) {
			if err != nil {
				return err
			}
			list = append(list, post)
		}
		return nil
	}
	lane, err := r.Tx.Lane(room.Place.LineLane())
	if err != nil {
		return nil, err
	}
	if lane.Oldest != nil && (strings.HasPrefix(lane.Oldest.Post, digestLate) || strings.HasPrefix(lane.Oldest.Post, digestHourly)) {
		from, to := Under(lane.Oldest.Post)
		if err := gather(Query{Index: "digest", From: from, To: to}); err != nil {
			return nil, err
		}
	}
	from, to := Under(room.Place.Adapter, room.Place.ID)
	return list, gather(Query{Index: "waiting", From: from, To: to})
}

// lateNews tells each writer once what has not arrived, why, and how far it came elsewhere.
func (r *Request) lateNews(room *Room, late map[string][]*Crossing) ([]Reply, error) {
	lane, err := r.Tx.Lane(room.Place.LineLane())
	if err != nil {
		return nil, err
	}
	why := r.troubleAt(room, lane)
	var replies []Reply
	for person, list := range late {
		writer, err := r.books.person(person)
		if err != nil {
			return nil, err
		}
		elsewhere, err := r.elsewhere(list, room.Name)
		if err != nil {
			return nil, err
		}
		c := list[0]
		replies = append(replies, Reply{To: Somebody, Person: writer, Card: func(v say.Voice) Card {
			meta := []string{say.T("geschrieben {when}", "written {when}").In(v, "when", sayTime(writer, c.At, r.Now))}
			if why != "" {
				meta = append(meta, trouble(why).In(v))
			}
			return Card{
				Title: say.T("Noch nicht angekommen in {room}: {n} {n:Nachricht|Nachrichten}", "Not arrived yet in {room}: {n} {n:message|messages}").
					In(v, "room", room.Name, "n", len(list)),
				Meta:  strings.Join(meta, " · "),
				Quote: shorten(gist(c.Body, c.Files, v), 120),
				Text: strings.TrimSpace(elsewhere.In(v) + " " +
					say.T("Ich versuche es weiter; {Sie müssen|du musst} nichts tun.", "I keep trying; there is nothing for you to do.").In(v)),
				Preview: say.T("Eine Nachricht ist noch nicht angekommen", "A message has not arrived yet").In(v),
			}
		}})
	}
	slices.SortFunc(replies, func(a, b Reply) int { return cmp.Compare(a.Person.ID, b.Person.ID) })
	return replies, nil
}
