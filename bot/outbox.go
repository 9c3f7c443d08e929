package bot

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// mostUnderWay is how many deliveries may be under way at a time, over all lanes.
	mostUnderWay = 256
	// firstPause and longestPause bound the back-off between two tries: doubled each time.
	firstPause   = time.Second
	longestPause = 5 * time.Minute
	// stopGrace is how long deliveries that are under way may take when the program stops. What is cut off then has an
	// unknown fate.
	stopGrace = 5 * time.Second
	// storePause is how long the outbox waits when the store refused to work.
	storePause = time.Second
)

// result is how one delivery went.
type result struct {
	row      Row
	revision int  // what was delivered
	gone     bool // there was nothing to deliver any more
	sent     Sent
	err      error
}

// runOutbox takes what is due, delivers it and notes the result, until ctx ends; then it waits for what is under way.
// Between two events it sleeps until the next row falls due: an idle program writes nothing. What was delivered is
// noted in the same durable step in which the next rows are taken.
func (b *Bot) runOutbox(ctx context.Context) error {
	results := make(chan result, mostUnderWay)
	var ended []result
	underWay := 0
	stop := ctx.Done()
	calls, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		limit := mostUnderWay - underWay
		if stop == nil {
			limit = 0
		}
		taken, err := b.step(ctx, ended, limit)
		switch {
		case err == nil:
			if len(ended) > 0 {
				signal(b.timed) // a delivery that failed may have set one
			}
			ended = nil
		case stop == nil:
			return fmt.Errorf("note deliveries: %w", err)
		default:
			b.log.WarnContext(ctx, "outbox cannot use the store, will retry", "error", err)
		}
		if stop == nil && underWay == 0 {
			return nil
		}
		for _, row := range taken.Rows {
			underWay++
			go func() { results <- b.deliver(calls, row) }()
		}
		timer.Reset(b.pause(taken.Wake, err))
		select {
		case r := <-results:
			ended = append(ended, r)
			underWay--
		case <-b.news:
		case <-timer.C:
		case <-stop:
			stop = nil
			defer time.AfterFunc(stopGrace, cut).Stop()
		}
		for len(results) > 0 {
			ended = append(ended, <-results)
			underWay--
		}
	}
}

// step notes what ended and takes what is due, in one durable step.
func (b *Bot) step(ctx context.Context, ended []result, limit int) (Taken, error) {
	t := Taking{Now: b.now(), Limit: limit, Lease: 2 * b.lease}
	if len(ended) > 0 {
		t.Settle = func(tx Tx) error {
			for _, r := range ended {
				if err := b.note(tx, r); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return b.store.Next(context.WithoutCancel(ctx), t)
}

// pause is how long to sleep when nothing else happens.
func (b *Bot) pause(wake time.Time, err error) time.Duration {
	switch {
	case err != nil:
		return storePause
	case wake.IsZero():
		return time.Hour
	}
	// A row that is due already was left over for want of room: the next result makes some.
	return max(wake.Sub(b.now()), time.Millisecond)
}

// wake tells the outbox, the timers and the log that something may have been added for them.
func (b *Bot) wake() {
	signal(b.news)
	signal(b.timed)
	signal(b.unsealed)
}

// signal tells somebody who listens that something is new; one who has not listened yet is told once.
func signal(who chan<- struct{}) {
	select {
	case who <- struct{}{}:
	default:
	}
}

// deliver sends what a row stands for, as the post is now.
func (b *Bot) deliver(ctx context.Context, row Row) result {
	began := b.now()
	r := result{row: row}
	d, err := b.settled(ctx, row)
	r.err = err
	switch {
	case errors.Is(r.err, ErrNotFound):
		return result{row: row, gone: true}
	case errors.Is(r.err, errBlind):
		r.err = &SendError{Fate: Retry, Reason: "register", Err: r.err}
		return r
	case errors.Is(r.err, errRoomGone):
		r.err = &SendError{Fate: Never, Reason: "room_removed", Err: r.err}
		return r
	case r.err != nil:
		r.err = &SendError{Fate: Retry, Reason: "store", Err: r.err}
		return r
	}
	adapter := b.adapters[d.Place.Adapter]
	if adapter == nil {
		r.err = &SendError{Fate: Never, Reason: "no_adapter", Err: fmt.Errorf("adapter %q is not configured", d.Place.Adapter)}
		return r
	}
	r.revision = d.Revision
	if r.sent, r.err = b.send(ctx, adapter, d); r.err == nil && d.Copy != nil && d.Op == OpPost {
		b.heard(ctx, d.Place)
	}
	b.observe(Observation{What: "delivery", Kind: adapter.Name(), Code: fateCode(r.err), Took: b.now().Sub(began)})
	return r
}

// settled is what to do for a row, after what stands in its way was dealt with: a text that the register stops by now is
// held, a long backlog becomes a digest. [ErrNotFound] says that nothing is left to do.
func (b *Bot) settled(ctx context.Context, row Row) (d Delivery, err error) {
	digests := true
	for range 3 { // the register can change again meanwhile
		d, err = b.prepare(ctx, row, digests)
		switch {
		case errors.Is(err, errHeld):
			if err := b.holdQueued(ctx, d.Post); err != nil {
				return d, err
			}
		case errors.Is(err, errOverdue):
			if digests, err = b.digest(ctx, d.Place, Compose("digest", d.Post, Stamp(b.now()))); err != nil {
				return d, err
			} else if digests {
				return d, ErrNotFound
			}
		default:
			return d, err
		}
	}
	return d, err
}

// prepare reads what to do for a row; digests says whether it may be left to a digest.
func (b *Bot) prepare(ctx context.Context, row Row, digests bool) (d Delivery, err error) {
	err = b.store.View(context.WithoutCancel(ctx), func(tx Reader) (err error) {
		d, err = b.delivery(b.open(tx, b.now()), row, digests)
		return err
	})
	return d, err
}

var (
	// errHeld is returned when the register says by now that a copy must not go.
	errHeld = errors.New("held")
	// errOverdue is returned when a copy is to arrive in a digest together with others.
	errOverdue = errors.New("overdue")
	// errBlind is returned while the register cannot be read: nothing that it guards crosses.
	errBlind = errors.New("the register cannot be read")
	// errRoomGone is returned for what is to be said in a room that the configuration does not know any more.
	errRoomGone = errors.New("the room is not configured any more")
)

// delivery is what to do for a row: [ErrNotFound] when nothing is to be done any more.
func (b *Bot) delivery(k *books, row Row, digests bool) (d Delivery, err error) {
	post, err := posts.Get(k.r, row.Post)
	if err != nil {
		return Delivery{}, err
	}
	d = Delivery{
		Post: post.Key, Op: OpPost, Revision: post.Revision, Place: post.Place, Reader: post.Reader, IDs: post.IDs,
		Keep: post.Keep, Card: post.Card, Voice: post.Voice, Unsure: row.Unsure || post.Unsure && post.Sent == 0,
	}
	if post.Mark {
		d.asMark(post)
		return d, nil
	}
	switch {
	case post.Digest != "", post.Deleted && post.Sent == 0 && !d.Unsure:
		return d, ErrNotFound
	case post.Deleted:
		d.Op = OpDelete
		return d, nil
	case post.Sent > 0:
		d.Op = OpEdit
	}
	if b.removed(post) {
		return d, errRoomGone
	}
	if post.View == "digest" {
		d.Post, err = k.mayBring(post)
		return d, err
	}
	if post.Origin == "" {
		return d, nil
	}
	if err := k.asCopy(post, &d, digests && !d.Unsure); err != nil {
		return d, err
	}
	if row.Tries > fileTries {
		lastTry(d.Copy)
	}
	return d, nil
}

// removed reports whether a post brings words of people to a room that was taken out of the configuration since. What is
// there already can still be deleted.
func (b *Bot) removed(post *Post) bool {
	return (post.Origin != "" || post.OnLine) && !post.Place.Direct && b.roomAt(post.Place) == nil && b.adapters[post.Place.Adapter] != nil
}

// send calls the adapter within the lease. A panic of an adapter is a fault of unknown fate, not the end.
func (b *Bot) send(ctx context.Context, a Adapter, d Delivery) (sent Sent, err error) {
	ctx, cancel := context.WithTimeout(ctx, b.lease)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = &SendError{Fate: Unknown, Reason: "panic", Err: fmt.Errorf("adapter panicked: %v", p)}
		}
	}()
	return a.Send(ctx, d)
}

func fateCode(err error) string {
	var e *SendError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &e):
		return string(e.Fate)
	}
	return string(Unknown)
}

// note writes down how a delivery went.
func (b *Bot) note(tx Tx, r result) error {
	settle := Settlement{}
	post, err := posts.Get(tx, r.row.Post)
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return err
	case r.gone:
		post.Pending, post.Unsure = false, post.Unsure || r.row.Unsure
	case r.err != nil && post.Mark && fateCode(r.err) == string(Never):
		post.Pending = false // a reaction that cannot be shown is no loss
	case r.err != nil:
		settle = b.again(r)
		if err := b.watch(tx, post, settle); err != nil {
			return err
		}
	default:
		if post.Sent == 0 {
			if post.Origin != "" || post.View == "digest" {
				post.Arrived = b.now()
			}
			if err := arrivedLate(tx, post, b.now()); err != nil {
				return err
			}
		}
		post.Sent, post.Unsure = max(post.Sent, r.revision), false
		if err := brought(tx, post); err != nil {
			return err
		}
		if post.Reactions {
			post.Reactions = false
			if err := setTimerOnce(tx, "reactions.tell", post.Origin, b.now()); err != nil {
				return err
			}
		}
		if len(r.sent.IDs) > 0 && !post.Mark {
			post.IDs = r.sent.IDs
		}
		if err := b.missed(tx, post, r.sent.Missing); err != nil {
			return err
		}
		if post.Pending = post.Revision > post.Sent; post.Pending {
			settle = Settlement{State: RowQueued}
		}
	}
	err = tx.Settle(r.row, settle)
	if errors.Is(err, ErrLost) {
		b.log.Warn("a delivery took longer than its lease", "adapter", adapterOf(post), "tries", r.row.Tries)
		return nil
	} else if err != nil || post == nil || r.err != nil && !post.Mark {
		return err
	}
	if post.Ref == "" && post.Origin == "" && !post.Pending {
		return posts.Delete(tx, post.Key)
	}
	return posts.Put(tx, post)
}

// watch has the writer of a copy told when it does not arrive: after a quarter of an hour, or at once when it is parked.
func (b *Bot) watch(tx Tx, post *Post, s Settlement) error {
	switch {
	case post.Origin == "" && post.View != "digest":
		return nil
	case s.State == RowParked:
		return setTimerOnce(tx, "copy.parked", post.Key, b.now().Add(parkedPause))
	case post.Sent > 0:
		return nil
	}
	return setTimerOnce(tx, "lane.late", Compose(post.Place.Adapter, post.Place.ID), post.At.Add(lateNews))
}

// again plans what follows a failed delivery.
func (b *Bot) again(r result) Settlement {
	e := &SendError{Fate: Unknown, Reason: "error"}
	errors.As(r.err, &e)
	s := Settlement{State: RowQueued, Reason: e.Reason, Due: b.now().Add(backOff(r.row.Tries))}
	switch e.Fate {
	case Unknown:
		s.State = RowUnknown
	case Never:
		s.State, s.Due = RowParked, time.Time{}
		b.log.Error("a message cannot be delivered and is parked", "reason", e.Reason, "error", r.err)
		return s
	}
	if e.After > 0 {
		s.Due = b.now().Add(e.After)
	}
	b.log.Warn("delivery failed, will retry", "reason", e.Reason, "fate", string(e.Fate), "tries", r.row.Tries,
		"due", s.Due, "error", r.err)
	return s
}

// backOff is the pause after the n-th try.
func backOff(tries int) time.Duration {
	pause := firstPause
	for range tries - 1 {
		if pause *= 2; pause >= longestPause {
			return longestPause
		}
	}
	return pause
}

func adapterOf(p *Post) string {
	if p == nil {
		return ""
	}
	return p.Place.Adapter
}
