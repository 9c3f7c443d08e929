package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"standleitung/bot/markup"
)

// Retention says how long what people wrote is kept. Zero keeps it for ever.
type Retention struct {
	// Messages is how long the texts of messages on a line are kept, and of the questions about them. What is needed
	// to edit or delete the copies stays.
	Messages time.Duration
	// Cards is how long a living card is rewritten when its thing changes; then the bot forgets where it hangs.
	Cards time.Duration
}

// forgetAll forgets what is past its time, in bounded steps, until nothing is left or ctx ends.
func (b *Bot) forgetAll(ctx context.Context) error {
	for _, part := range []struct {
		what   string
		after  time.Duration
		forget func(tx Tx, before string) (int, error)
	}{
		{"messages", b.retention.Messages, forgetMessages},
		{"approvals", b.retention.Messages, forgetApprovals},
		{"cards", b.retention.Cards, forgetCards},
	} {
		for more := part.after > 0; more && ctx.Err() == nil; {
			now := b.now()
			err := b.store.Update(ctx, func(tx Tx) error {
				n, err := part.forget(tx, Stamp(now.Add(-part.after)))
				if more = n == tidyMost; err != nil || n == 0 {
					return err
				}
				e := &logEntry{At: now.UTC(), Command: "job/retention", What: fmt.Sprintf("%s %d", part.what, n)}
				return e.write(tx)
			})
			if err != nil {
				return fmt.Errorf("forget %s: %w", part.what, err)
			}
			signal(b.unsealed)
		}
	}
	return nil
}

// textsOf is the index value of a crossing whose text can be forgotten one day: what waits for a decision cannot.
func textsOf(c *Crossing) []string {
	waits := c.State == Held || c.State == Waiting || c.Edit != nil
	if waits || c.Body.IsZero() && len(c.Files) == 0 {
		return nil
	}
	return []string{Compose(Stamp(c.At), c.Key)}
}

// forgetMessages empties a bounded number of crossings. A copy that has not arrived in all this time never does.
func forgetMessages(tx Tx, before string) (int, error) {
	old, err := keysBefore(tx, crossings.Name, "texts", before)
	if err != nil {
		return 0, err
	}
	for _, key := range old {
		c, err := crossings.Get(tx, key)
		if err != nil {
			return 0, err
		}
		c.Body, c.Files = markup.Doc{}, nil
		if err := errors.Join(dropUnsent(tx, c), crossings.Put(tx, c)); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}

// dropUnsent keeps copies without a text from being sent.
func dropUnsent(tx Tx, c *Crossing) error {
	for _, name := range c.To {
		post, err := posts.Get(tx, copyKey(c.Key, name))
		if errors.Is(err, ErrNotFound) || err == nil && (!post.Pending || post.Sent > 0) {
			continue
		} else if err != nil {
			return err
		}
		post.Deleted = true
		if err := posts.Put(tx, post); err != nil {
			return err
		}
	}
	return nil
}

// questionsOf is the index value of an approval whose text can be forgotten one day: one that is decided.
func questionsOf(a *Approval) []string {
	final := a.State == Released || a.State == Refused || a.State == Void
	if !final || a.Body.IsZero() && a.Question == "" && len(a.Hits) == 0 {
		return nil
	}
	return []string{Compose(Stamp(a.Since), Serial(a.ID))}
}

// forgetApprovals empties a bounded number of approvals, and forgets the cards that show them.
func forgetApprovals(tx Tx, before string) (int, error) {
	old, err := keysBefore(tx, approvals.Name, "texts", before)
	if err != nil {
		return 0, err
	}
	for _, key := range old {
		a, err := approvals.Get(tx, key)
		if err != nil {
			return 0, err
		}
		a.Body, a.Question, a.Hits = markup.Doc{}, "", nil
		if err := errors.Join(forgetCardsOf(tx, a.Ref()), approvals.Put(tx, a)); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}

// forgetCardsOf forgets the cards of a thing that will not change any more.
func forgetCardsOf(tx Tx, ref string) error {
	from, to := Under(ref)
	var keys []string
	for found, err := range tx.Scan(Query{Kind: posts.Name, Index: "ref", From: from, To: to, KeysOnly: true}) {
		if err != nil {
			return err
		}
		keys = append(keys, found.Key)
	}
	for _, key := range keys {
		if err := posts.Delete(tx, key); err != nil {
			return err
		}
	}
	return nil
}

// restingOf is the index value of a living card that nothing is to be done for at the moment.
func restingOf(p *Post) []string {
	if p.Ref == "" || p.Pending {
		return nil
	}
	return []string{Compose(Stamp(p.At), p.Key)}
}

// forgetCards forgets a bounded number of living cards.
func forgetCards(tx Tx, before string) (int, error) {
	old, err := keysBefore(tx, posts.Name, "resting", before)
	if err != nil {
		return 0, err
	}
	for _, key := range old {
		if err := posts.Delete(tx, key); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}

// keysBefore are the keys of up to tidyMost records that an index by time has before a stamp, oldest first.
func keysBefore(tx Tx, kind, index, before string) (keys []string, err error) {
	for found, err := range tx.Scan(Query{Kind: kind, Index: index, To: before, Limit: tidyMost, KeysOnly: true}) {
		if err != nil {
			return nil, err
		}
		keys = append(keys, found.Key)
	}
	return keys, nil
}

// reindex stores every record of a kind again, so that it gets the entries of an index that is new.
func reindex[T any](tx Tx, k *Kind[T]) error {
	for record, err := range k.All(tx, Query{}) {
		if err == nil {
			err = k.Put(tx, record)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
