package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

const (
	// mostUnderWay is how many deliveries may be under way at a time on one platform, over all its lanes: one that hangs keeps
	// nothing from the others.
	mostUnderWay = 256
	// mostTaken is how many rows one step takes.
	mostTaken = 256
	// firstPause and longestPause bound the back-off between two tries: doubled each time.
	firstPause   = time.Second
	longestPause = time.Minute
	// stopGrace is how long deliveries that are under way may take when the program stops. What is cut off then has an
	// unknown fate.
	stopGrace = 5 * time.Second
	// storePause is how long the outbox waits when the store refused to work.
	storePause = time.Second
	// untriedPause is the pause after a try that was none, unless the adapter knows better.
	untriedPause = time.Second
)

// result is how one delivery went.
type result struct {
	row      Row
	revision int  // what was delivered
	gone     bool // there was nothing to deliver any more
	sent     Sent
	err      error
}

// outbox carries out what is due. There is no loop that hands out work: every durable step of the core, a turn as well as
// the noting of what was delivered, takes what is due by then along, so that a copy is on its way as soon as its message is
// durable. What was delivered is noted by a step of its own. At most one of these is on its way that has not begun: what ends
// meanwhile is noted in that one, and what ends later in the next, which does not wait until the one before is durable.
type outbox struct {
	// under counts the steps and the deliveries that are under way.
	under sync.WaitGroup

	mu     sync.Mutex
	send   func(Row)     // starts a delivery; nil until the outbox begins
	ending chan struct{} // closed when nothing may begin any more
	// busy counts the deliveries that are under way, by adapter, and those that a step has taken and not yet started.
	busy map[string]int
	// ended are deliveries that are not noted yet.
	ended []result
	// asked is set while a step that notes them is on its way and has not begun.
	asked bool
	// alarm has what is due at an instant taken; nil and zero for none.
	alarm *time.Timer
	at    time.Time
	// fault is the first result that could not be noted before the end.
	fault error
}

// begin opens the outbox.
func (o *outbox) begin(send func(Row)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.send, o.ending = send, make(chan struct{})
}

// end closes it: nothing more is taken.
func (o *outbox) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.ending)
	o.quiet()
}

// quiet stops the alarm.
func (o *outbox) quiet() {
	if o.alarm != nil {
		o.alarm.Stop()
	}
	o.alarm, o.at = nil, time.Time{}
}

// open reports whether deliveries may begin. The caller holds the lock.
func (o *outbox) open() bool {
	if o.send == nil {
		return false
	}
	select {
	case <-o.ending:
		return false
	default:
		return true
	}
}

// enter lets a step take rows; who was let in is under way until they are done. False while nothing may begin.
func (o *outbox) enter() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.open() {
		return false
	}
	o.under.Add(1)
	return true
}

// admitted are the places under way that one step has for rows, by adapter.
type admitted struct {
	outbox *outbox
	places map[string]int
}

// admit takes a place under way for a row of a lane; false when its adapter has none left.
func (a *admitted) admit(lane string) bool {
	a.outbox.mu.Lock()
	defer a.outbox.mu.Unlock()
	adapter := adapterIn(lane)
	if a.outbox.busy[adapter] >= mostUnderWay {
		return false
	}
	if a.outbox.busy == nil {
		a.outbox.busy = map[string]int{}
	}
	if a.places == nil {
		a.places = map[string]int{}
	}
	a.outbox.busy[adapter]++
	a.places[adapter]++
	return true
}

// undo gives all places back: the step took nothing.
func (a *admitted) undo() {
	a.outbox.mu.Lock()
	defer a.outbox.mu.Unlock()
	for adapter, n := range a.places {
		a.outbox.busy[adapter] -= n
	}
	a.places = nil
}

// leave gives back the place of a row that is no longer under way.
func (o *outbox) leave(lane string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.busy[adapterIn(lane)]--
}

// adapterIn is the name of the adapter of a lane; see [Place.Lane].
func adapterIn(lane string) string {
	name, _, _ := strings.Cut(lane, Sep)
	return name
}

// start starts the deliveries of rows that were taken. The caller is under way.
func (o *outbox) start(rows []Row) {
	for _, row := range rows {
		o.under.Add(1)
		o.send(row)
	}
}

// add adds a result to those that are to be noted.
func (o *outbox) add(r result) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = append(o.ended, r)
}

// take is what ended and was not taken before, for a step that has begun.
func (o *outbox) take() (ended []result) {
	o.mu.Lock()
	defer o.mu.Unlock()
	ended, o.ended, o.asked = o.ended, nil, false
	return ended
}

// ask has a step made, unless one is on its way that has not begun. The caller is under way.
func (o *outbox) ask(step func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.asked {
		o.asked = true
		o.under.Go(step)
	}
}

// wakeAt has something done at an instant, unless an earlier one is set.
func (o *outbox) wakeAt(at time.Time, pause time.Duration, do func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.open() || o.alarm != nil && !at.Before(o.at) {
		return
	}
	o.quiet()
	o.at = at
	o.alarm = time.AfterFunc(pause, func() {
		o.mu.Lock()
		if o.at.Equal(at) {
			o.quiet()
		}
		o.mu.Unlock()
		do()
	})
}

// runOutbox delivers what falls due until ctx ends; then it waits for what is under way. Between two events it sleeps until
// the next row falls due: an idle program writes nothing.
func (b *Bot) runOutbox(ctx context.Context) error {
	calls, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	b.outbox.begin(func(row Row) { go b.carry(calls, row) })
	b.nudge()
	<-ctx.Done()
	b.outbox.end()
	defer time.AfterFunc(stopGrace, cut).Stop()
	b.outbox.under.Wait()
	if b.outbox.fault != nil {
		return fmt.Errorf("note deliveries: %w", b.outbox.fault)
	}
	return nil
}

// nudge has what is due taken.
func (b *Bot) nudge() {
	if b.outbox.enter() {
		defer b.outbox.under.Done()
		b.outbox.ask(b.noteEnded)
	}
}

// carry delivers what a row stands for and has the result noted.
func (b *Bot) carry(ctx context.Context, row Row) {
	defer b.outbox.under.Done()
	r := b.deliver(ctx, row)
	b.outbox.leave(row.Lane)
	b.outbox.add(r)
	b.outbox.ask(b.noteEnded)
}

// noteEnded notes what ended; again until it succeeds, or until nothing may begin any more.
func (b *Bot) noteEnded() {
	var ended []result
	for {
		err := b.step(context.Background(), func(tx Tx) error {
			ended = append(ended, b.outbox.take()...) // when the step runs again, all of it is noted again
			for _, r := range ended {
				if err := b.note(tx, r); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			if len(ended) > 0 {
				signal(b.timed) // a delivery that failed may have set one
			}
			return
		}
		b.log.Warn("outbox cannot use the store, will retry", "error", err)
		select {
		case <-time.After(storePause):
		case <-b.outbox.ending:
			b.outbox.mu.Lock()
			defer b.outbox.mu.Unlock()
			b.outbox.fault = cmp.Or(b.outbox.fault, err)
			return
		}
	}
}

// step runs a unit of work and takes what is due by then in the same durable step, to have it delivered.
func (b *Bot) step(ctx context.Context, fn func(Tx) error) error {
	if !b.outbox.enter() {
		err := b.store.Update(ctx, fn)
		b.nudge() // it may have begun meanwhile
		return err
	}
	defer b.outbox.under.Done()
	places := &admitted{outbox: &b.outbox}
	first := func(tx Tx) error {
		places.undo() // it runs again
		return fn(tx)
	}
	taken, err := b.store.Next(ctx, Taking{Now: b.now(), Limit: mostTaken, Admit: places.admit, Lease: 2 * b.lease, First: first})
	if err != nil {
		places.undo()
		return err
	}
	b.outbox.start(taken.Rows)
	if !taken.Wake.IsZero() {
		// A row that is due already was left over for want of room: the next result makes some.
		pause := taken.Wake.Sub(b.now())
		if pause <= 0 {
			pause = storePause
		}
		b.outbox.wakeAt(taken.Wake, max(pause, time.Millisecond), b.nudge)
	}
	return nil
}

// wake tells the timers and the log that something may have been added for them.
func (b *Bot) wake() {
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
		Keep: post.Keep, Card: post.Card, Voice: post.Voice, Unsure: row.Unsure || post.Unsure && post.Sent == 0, Since: post.At,
	}
	if post.Mark {
		d.asMark(post)
		return d, nil
	}
	switch {
	case post.Digest != "", post.Deleted && post.Sent == 0 && !d.Unsure:
		return d, ErrNotFound
	case post.Deleted:
		err = k.asDeletion(post, &d)
		return d, err
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
		// It may have got something to say since its row was found to have nothing.
		if _, err := b.delivery(b.open(tx, b.now()), r.row, true); !errors.Is(err, ErrNotFound) {
			settle = Settlement{State: RowQueued, Due: b.now().Add(untriedPause)}
			break
		}
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
	case Untried:
		s.Untried, s.Due = true, b.now().Add(cmp.Or(e.After, untriedPause))
		b.log.Debug("a delivery was not tried", "reason", e.Reason, "due", s.Due)
		return s
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
