package bot

import (
	"context"
	"errors"
	"time"

	"standleitung/bot/markup"
	"standleitung/bot/say"
)

// A backlog that comes late is not poured into a room: beyond these bounds it arrives as one digest.
const (
	digestOver  = 20            // messages
	digestAfter = 2 * time.Hour // since the oldest was written
	digestMost  = 200           // messages in one digest
)

// overdue reports whether what waits for a room is to arrive as a digest: it is late, and long.
func (k *books) overdue(post *Post, c *Crossing) (bool, error) {
	age := k.now.Sub(c.At)
	if post.Sent > 0 || age < lateAfter {
		return false, nil
	}
	lane, err := k.r.Lane(post.lane())
	return lane.Waiting > digestOver || lane.Waiting > 1 && age > digestAfter, err
}

// digest makes one message of all that waits for a room, and reports whether there was enough for one. The rows of the
// single copies find nothing to do any more. What the register stops by now is left out: its own row holds it.
func (b *Bot) digest(ctx context.Context, place Place, turn string) (made bool, err error) {
	err = b.Do(ctx, turn, func(_ context.Context, r *Request) ([]Reply, error) {
		made = false
		from, to := Under(place.Adapter, place.ID)
		var waiting []*Post
		for post, err := range posts.All(r.Tx, Query{Index: "waiting", From: from, To: to, Limit: digestMost}) {
			if err != nil {
				return nil, err
			}
			c, err := r.books.crossing(post.Origin)
			if err != nil {
				return nil, err
			}
			if c != nil && c.State == Crossed && r.books.mayGo(c) == nil {
				waiting = append(waiting, post)
			}
		}
		if len(waiting) < 2 {
			return nil, nil
		}
		card, err := r.digestCard(waiting)
		if err != nil {
			return nil, err
		}
		sum := &Post{Key: postKey(turn, r.Now, 0), Place: place.Top(), At: r.Now, Voice: b.voice, Card: card, Revision: 1, Pending: true}
		for _, post := range waiting {
			post.Digest, post.Sent, post.Pending = sum.Key, post.Revision, false
			if err := posts.Put(r.Tx, post); err != nil {
				return nil, err
			}
		}
		made = true
		return nil, errors.Join(posts.Put(r.Tx, sum), r.Tx.Enqueue(place.LineLane(), sum.Key))
	})
	return made, err
}

// digestCard shows what waited, in order, each with when and by whom it was written.
func (r *Request) digestCard(waiting []*Post) (Card, error) {
	v := r.bot.voice
	var items []Item
	var first, last time.Time
	for _, post := range waiting {
		c, err := r.books.crossing(post.Origin)
		if err != nil {
			return Card{}, err
		}
		if last = c.At; first.IsZero() {
			first = c.At
		}
		items = append(items, Item{Text: markup.Plain(c.Body), Meta: clock(c.At.In(r.bot.zone)) + " · " + c.Author.Name + party(c.Author)})
	}
	return Card{
		Title: say.T("Nachgereicht: {n} {n:Nachricht|Nachrichten}", "Caught up: {n} {n:message|messages}").In(v, "n", len(items)),
		Meta: say.T("geschrieben {from} bis {to}, als dieser Raum nicht erreichbar war", "written {from} to {to}, while this room could not be reached").
			In(v, "from", clock(first.In(r.bot.zone)), "to", clock(last.In(r.bot.zone))),
		Items:   items,
		Preview: say.T("{n} nachgereichte Nachrichten", "{n} messages to catch up on").In(v, "n", len(items)),
	}, nil
}

func clock(t time.Time) string { return t.Format("15:04") }

func party(a Author) string {
	if a.Party == "" {
		return ""
	}
	return " · " + a.Party
}
