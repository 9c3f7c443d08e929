package bot

import (
	"context"
	"slices"
	"strings"
	"time"

	"standleitung/bot/say"
)

// A backlog that comes late is not poured into a room: beyond these bounds it arrives as one digest.
const (
	digestOver  = 20            // messages
	digestAfter = 2 * time.Hour // since the oldest was written
	digestMost  = 200           // messages in one digest
)

// A digest names itself by why it was made, for its card's title.
const (
	digestLate   = "late-"   // the room could not be reached
	digestHourly = "hourly-" // the room asked for it
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

// digest makes one message of all that waits for a room, or several where it is too much for one, and reports whether there was
// enough. All of it: what were left over would come before the digest. The rows of the single copies find nothing to do any more. What the register stops by now is left out: its own row holds it.
func (b *Bot) digest(ctx context.Context, place Place, turn string) (made bool, err error) {
	err = b.Do(ctx, turn, func(_ context.Context, r *Request) ([]Reply, error) {
		made = false
		from, to := Under(place.Adapter, place.ID)
		var waiting []*Post
		for post, err := range posts.All(r.Tx, Query{Index: "waiting", From: from, To: to}) {
			if err != nil {
				return nil, err
			}
			c, err := r.books.crossing(post.Origin)
			if err != nil {
				return nil, err
			}
			if c != nil && r.books.mayGo(c) == nil {
				waiting = append(waiting, post)
			}
		}
		if len(waiting) < 2 {
			return nil, nil
		}
		made = true
		n := 0
		for part := range slices.Chunk(waiting, digestMost) {
			if err := r.bundle(digestLate+postKey(turn, r.Now, n), place.Top(), part); err != nil {
				return nil, err
			}
			n++
		}
		return nil, nil
	})
	return made, err
}

// bundle makes one living message of several copies, at the end of the lane of their room.
func (r *Request) bundle(ref string, place Place, copies []*Post) error {
	for _, post := range copies {
		post.Digest, post.Sent, post.Pending = ref, post.Revision, false
		if err := posts.Put(r.Tx, post); err != nil {
			return err
		}
	}
	v, err := r.books.speech(r.bot.roomAt(place))
	if err != nil {
		return err
	}
	sum := &Post{Key: ref, Place: place, At: r.Now, Voice: v, View: "digest", Ref: ref, Revision: 1, OnLine: true}
	if sum.Card, err = viewDigest(r.books, ref, nil, sum.Voice); err != nil {
		return err
	}
	return r.send(sum)
}

// mayBring asks the register once more about what a digest is to bring, and what of it was changed since it did. It
// returns the digest's own key; with errHeld that of the copy that must not go.
func (k *books) mayBring(sum *Post) (string, error) {
	from, to := Under(sum.Key)
	empty := true
	for post, err := range posts.All(k.r, Query{Index: "digest", From: from, To: to}) {
		if err != nil {
			return "", err
		}
		if empty = false; sum.Sent > 0 && post.Sent == post.Revision {
			continue // what is there stays
		}
		c, err := k.crossing(post.Origin)
		if err != nil {
			return "", err
		}
		if c == nil || c.State != Crossed {
			continue // not shown
		}
		if err := k.mayGo(c); err != nil {
			return post.Key, err
		}
	}
	if empty {
		return "", ErrNotFound // all of it was held meanwhile
	}
	return sum.Key, nil
}

// leaveDigest takes a copy that is held out of the digest that was to bring it: once it is released it comes by itself.
// In a digest that is there already its place stays.
func (r *Request) leaveDigest(post *Post) error {
	sum, err := posts.Get(r.Tx, post.Digest)
	if err != nil {
		return err
	}
	if sum.Sent == 0 {
		post.Digest, post.Sent = "", 0
		if err := posts.Put(r.Tx, post); err != nil {
			return err
		}
	}
	return refresh(r, sum.Ref)
}

// brought notes that a digest shows what its messages say by now.
func brought(tx Tx, sum *Post) error {
	if sum.View != "digest" {
		return nil
	}
	from, to := Under(sum.Key)
	var shown []*Post
	for post, err := range posts.All(tx, Query{Index: "digest", From: from, To: to}) {
		if err != nil {
			return err
		}
		if post.Sent < post.Revision {
			shown = append(shown, post)
		}
	}
	for _, post := range shown {
		post.Sent = post.Revision
		if err := posts.Put(tx, post); err != nil {
			return err
		}
	}
	return nil
}

// viewDigest shows what was bundled, in order, each with when and by whom it was written, as it reads by now.
func viewDigest(k *books, ref string, _ *Person, v say.Voice) (Card, error) {
	var items []Item
	var first, last time.Time
	var room *Room
	from, to := Under(ref)
	for post, err := range posts.All(k.r, Query{Index: "digest", From: from, To: to}) {
		if err != nil {
			return Card{}, err
		}
		c, err := k.crossing(post.Origin)
		if err != nil {
			return Card{}, err
		} else if c == nil {
			continue
		}
		item := Item{Text: gist(c.Body, c.Files, v), Meta: clock(c.At.In(k.bot.zone)) + " · " + c.Author.Name + party(c.Author)}
		switch c.State {
		case Crossed:
		case Gone:
			item.Text = say.T("(gelöscht)", "(deleted)").In(v)
		default:
			item.Text = say.T("(wird noch geprüft)", "(still being checked)").In(v)
		}
		if last = c.At; first.IsZero() {
			first, room = c.At, k.bot.roomAt(post.Place)
		}
		items = append(items, item)
	}
	args := []any{"n", len(items), "from", clock(first.In(k.bot.zone)), "to", clock(last.In(k.bot.zone))}
	card := Card{
		Title:   say.T("Nachgereicht: {n} {n:Nachricht|Nachrichten}", "Caught up: {n} {n:message|messages}").In(v, args...),
		Meta:    say.T("geschrieben {from} bis {to}, als dieser Raum nicht erreichbar war", "written {from} to {to}, while this room could not be reached").In(v, args...),
		Items:   items,
		Preview: say.T("{n} nachgereichte Nachrichten", "{n} messages to catch up on").In(v, args...),
	}
	if strings.HasPrefix(ref, digestHourly) && room != nil {
		card.Title = say.T("Gesammelt: {n} {n:Nachricht|Nachrichten}", "Collected: {n} {n:message|messages}").In(v, args...)
		card.Meta = say.T("geschrieben {from} bis {to}", "written {from} to {to}").In(v, args...)
		card.Preview = say.T("{n} gesammelte {n:Nachricht|Nachrichten}", "{n} collected {n:message|messages}").In(v, args...)
		card.Buttons = k.buttons(v, room.Name, "room.atonce")
	}
	return card, nil
}

func clock(t time.Time) string { return t.Format("15:04") }

func party(a Author) string {
	if a.Party == "" {
		return ""
	}
	return " · " + a.Party
}
