package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"standleitung/bot/say"
)

// lateAfter is from when on a copy says when its original was written.
const lateAfter = 2 * time.Minute

// textElsewhere stands above an answer in place of what it answers, where nobody knows that any more or it never crossed.
var textElsewhere = say.T("Antwort auf etwas, das hier nicht steht", "A reply to something that is not here")

// asCopy fills a delivery with what a copy says now.
func (k *books) asCopy(post *Post, d *Delivery, digests bool) error {
	c, err := k.crossing(post.Origin)
	if err != nil || c == nil {
		return cmp.Or(err, ErrNotFound)
	}
	if err := k.mayGo(c); err != nil {
		return err
	}
	if overdue, err := k.overdue(post, c); err != nil || overdue && digests {
		return cmp.Or(err, errOverdue)
	}
	body, err := k.mentioning(c.Body, post.Place.Adapter)
	if err != nil {
		return err
	}
	d.Copy = &Copy{Author: c.Author, Body: body, Broadcast: c.Broadcast}
	k.bot.attach(c, post, d.Copy)
	if k.now.Sub(c.At) > lateAfter && d.Op == OpPost {
		d.Copy.Written = c.At
	}
	if c.Orphan {
		d.Copy.Quote = textElsewhere.In(post.Voice)
	}
	if c.Root == "" {
		return nil
	}
	root, err := k.crossing(c.Root)
	if err != nil || root == nil {
		return err
	}
	if d.Place.Thread, err = k.threadIn(root, post.Place); err != nil {
		return err
	}
	quote := ""
	if k.mayGo(root) == nil {
		quote = shorten(gist(root.Body, root.Files, post.Voice), 120)
	}
	if d.Place.Thread != "" {
		d.Copy.Under = quote
		return nil
	}
	d.Copy.Quote = textElsewhere.In(post.Voice)
	if room := k.bot.roomAt(post.Place); room != nil && slices.Contains(root.To, room.Name) {
		d.Copy.Quote = cmp.Or(quote, d.Copy.Quote)
	}
	return nil
}

// asDeletion makes a delivery the deletion of a post: of a copy in the thread of its root, and with what is still known of it.
func (k *books) asDeletion(post *Post, d *Delivery) error {
	d.Op = OpDelete
	if post.Origin == "" {
		return nil
	}
	d.Copy = &Copy{}
	c, err := k.crossing(post.Origin)
	if err != nil || c == nil {
		return err
	}
	d.Copy.Author = c.Author
	if c.Root == "" {
		return nil
	}
	root, err := k.crossing(c.Root)
	if err != nil || root == nil {
		return err
	}
	d.Place.Thread, err = k.threadIn(root, post.Place)
	return err
}

// Arrived is part of [Core].
func (c adapterCore) Arrived(ctx context.Context, p Place, ids ...string) (map[string]bool, error) {
	p.Adapter = c.name
	var known map[string]bool
	err := c.bot.store.View(ctx, func(r Reader) error {
		known = map[string]bool{}
		for _, id := range ids {
			at := crossingKey(p, id)
			for _, err := range r.Scan(Query{Kind: posts.Name, Index: "placed", From: at, To: at + "\x00", Limit: 1, KeysOnly: true}) {
				if err != nil {
					return err
				}
				known[id] = true
			}
		}
		return nil
	})
	return known, err
}

// mayGo asks the register once more when it has changed since a crossing was let go: errHeld when it says no by now,
// ErrNotFound while somebody decides.
func (k *books) mayGo(c *Crossing) error {
	switch {
	case c.State != Crossed:
		return ErrNotFound // what is released later is enqueued anew
	case !c.Guarded:
		return nil
	}
	g, err := k.guard()
	if err != nil {
		return fmt.Errorf("%w: %w", errBlind, err)
	}
	if g.edition != c.Edition && !k.approved(c) && g.stops(g.askFrom(k.bot, k.bot.room(c.Room), c.Body, c.Files...)) {
		return errHeld
	}
	return nil
}

// approved reports whether what a crossing says now is exactly what somebody released.
func (k *books) approved(c *Crossing) bool {
	if c.Approval == 0 {
		return false
	}
	a, err := approvals.Get(k.r, Serial(c.Approval))
	return err == nil && a.State == Released && !a.Blind && a.Hash == textHash(c.Body, c.Files...)
}

// threadIn is the id of a crossing in a room: of the original, or of its copy there; empty when it is not there.
func (k *books) threadIn(root *Crossing, place Place) (string, error) {
	if root.Room != "" && root.Place.Top() == place.Top() {
		return cmp.Or(root.Place.Thread, root.ID), nil
	}
	if root.Root != "" {
		parent, err := k.crossing(root.Root)
		if err != nil {
			return "", err
		}
		if parent != nil {
			if thread, err := k.threadIn(parent, place); err != nil || thread != "" {
				return thread, err
			}
		}
	}
	room := k.bot.roomAt(place)
	if room == nil {
		return "", nil
	}
	p, err := posts.Get(k.r, copyKey(root.Key, room.Name))
	if errors.Is(err, ErrNotFound) || err == nil && len(p.IDs) == 0 {
		return "", nil
	} else if err != nil {
		return "", err
	}
	return p.IDs[0], nil
}

// holdQueued holds a message whose copies still wait, because the register has changed meanwhile. Copies that are
// already there stay as they are.
func (b *Bot) holdQueued(ctx context.Context, key string) error {
	return b.Do(ctx, Compose("recheck", key, Stamp(b.now())), func(_ context.Context, r *Request) ([]Reply, error) {
		post, err := posts.Get(r.Tx, key)
		if err != nil {
			return nil, err
		}
		c, err := r.books.crossing(post.Origin)
		if err != nil || c == nil || c.State != Crossed {
			return nil, err
		}
		in := relay{guard: true, to: c.To, room: b.room(c.Room), files: c.Files}
		in.look(r, c.Body)
		if !in.blind && !r.bot.stops(in.hits) {
			return nil, nil
		}
		replies, err := r.hold(c, in)
		if err == nil && post.Digest != "" {
			err = r.leaveDigest(post)
		}
		return replies, err
	})
}
