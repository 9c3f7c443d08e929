package bot

import (
	"context"
	"time"
)

const (
	// turnLife is how long a turn is remembered, and an unused draft kept.
	turnLife = 14 * 24 * time.Hour
	// tidyMost is how much one unit of work removes.
	tidyMost = 500
)

// Tidy forgets what is past its time, in bounded pieces.
func (b *Bot) Tidy(ctx context.Context) error {
	if err := b.forgetAll(ctx); err != nil {
		return err
	}
	for more := true; more && ctx.Err() == nil; {
		var err error
		if more, err = b.tidy(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// tidy removes a bounded piece of what is past its time and reports whether there may be more.
func (b *Bot) tidy(ctx context.Context) (more bool, err error) {
	before := Stamp(b.now().Add(-turnLife))
	err = b.store.Update(ctx, func(tx Tx) error {
		more = false
		for _, kind := range []string{turns.Name, drafts.Name, linkCodes.Name, linkGuesses.Name} {
			n, err := forget(tx, kind, before)
			if err != nil {
				return err
			}
			more = more || n == tidyMost
		}
		return nil
	})
	return more, err
}

// forget deletes records of a kind that are older than a stamp by its index "at".
func forget(tx Tx, kind, before string) (int, error) {
	old, err := keysBefore(tx, kind, "at", before)
	if err != nil {
		return 0, err
	}
	for _, key := range old {
		if err := tx.Delete(kind, key); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}
