package bot

import (
	"context"
	"time"
)

const (
	// turnLife is how long a turn is remembered, and an unused draft kept.
	turnLife = 14 * 24 * time.Hour
	// tidyEvery is the pause between two rounds, tidyMost how much one unit of work removes.
	tidyEvery = time.Hour
	tidyMost  = 500
)

// runTidy brings back what was put aside until now and forgets what is past its time, until ctx ends.
func (b *Bot) runTidy(ctx context.Context) {
	ticker := time.NewTicker(tidyEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := b.unpark(ctx); err != nil {
			b.log.WarnContext(ctx, "cannot bring parked topics back, will retry", "error", err)
		}
		if err := b.forgetAll(ctx); err != nil {
			b.log.WarnContext(ctx, "cannot forget what is past its time, will retry", "error", err)
		}
		for more := true; more && ctx.Err() == nil; {
			var err error
			if more, err = b.tidy(ctx); err != nil {
				b.log.WarnContext(ctx, "cannot tidy the store, will retry", "error", err)
				break
			}
		}
	}
}

// tidy removes a bounded piece of what is past its time and reports whether there may be more.
func (b *Bot) tidy(ctx context.Context) (more bool, err error) {
	before := Stamp(b.now().Add(-turnLife))
	err = b.store.Update(ctx, func(tx Tx) error {
		more = false
		for _, kind := range []string{turns.Name, drafts.Name} {
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
