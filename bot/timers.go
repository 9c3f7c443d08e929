package bot

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// timer is something that happens at an instant: a question that comes back, a release that can no longer be undone.
type timer struct {
	// Key says what it is for; setting it again moves it.
	Key string    `json:"key"`
	Due time.Time `json:"due"`
	// Job is the row of the table of jobs, Arg what it is about.
	Job string `json:"job"`
	Arg string `json:"arg"`
}

var timers = &Kind[timer]{
	Name: "timer", Version: 1,
	Key:     func(t *timer) string { return t.Key },
	Indexes: []Index[timer]{{"due", func(t *timer) []string { return []string{Compose(Stamp(t.Due), t.Key)} }}},
}

// job does what a timer stands for. It runs in a unit of work of its own and may run late, never twice.
type job func(ctx context.Context, r *Request, arg string) ([]Reply, error)

// setTimer has a job run at an instant, once. A timer of the same job and argument is moved.
func (r *Request) setTimer(name, arg string, due time.Time) error {
	if r.bot.jobs[name] == nil {
		return fmt.Errorf("no job %q", name)
	}
	return timers.Put(r.Tx, &timer{Key: Compose(name, arg), Due: due, Job: name, Arg: arg})
}

// setTimerOnce sets a timer unless one of the same job and argument is set.
func setTimerOnce(tx Tx, name, arg string, due time.Time) error {
	_, err := timers.Get(tx, Compose(name, arg))
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	return timers.Put(tx, &timer{Key: Compose(name, arg), Due: due, Job: name, Arg: arg})
}

// stopTimer forgets a timer; one that is not set is no fault.
func (r *Request) stopTimer(name, arg string) error {
	if err := timers.Delete(r.Tx, Compose(name, arg)); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return nil
}

// runTimers runs what falls due, until ctx ends. Between two timers it sleeps.
func (b *Bot) runTimers(ctx context.Context) {
	sleep := time.NewTimer(0)
	defer sleep.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-sleep.C:
		case <-b.timed:
		}
		next, err := b.fireDue(ctx)
		if err != nil && ctx.Err() == nil {
			b.log.WarnContext(ctx, "a timer failed, will retry", "error", err)
			next = b.now().Add(storePause)
		}
		pause := longestSleep
		if !next.IsZero() {
			pause = min(max(next.Sub(b.now()), time.Millisecond), longestSleep)
		}
		sleep.Reset(pause)
	}
}

// longestSleep bounds how long timers sleep, so that a clock that is set forward is noticed.
const longestSleep = time.Hour

// fireDue runs what is due and returns when the next timer falls due; zero for none.
func (b *Bot) fireDue(ctx context.Context) (time.Time, error) {
	for {
		var next *timer
		err := b.store.View(ctx, func(r Reader) error {
			for t, err := range timers.All(r, Query{Index: "due", Limit: 1}) {
				if err != nil {
					return err
				}
				next = t
			}
			return nil
		})
		switch {
		case err != nil:
			return time.Time{}, err
		case next == nil:
			return time.Time{}, nil
		case next.Due.After(b.now()):
			return next.Due, nil
		}
		if err := b.fire(ctx, next); err != nil {
			return time.Time{}, err
		}
	}
}

// fire runs one timer, unless it was moved or stopped since it was read. One whose job fails is tried again later, so
// that it does not stand in the way of the others; one that was set again within the instant for which it ran before has
// the next instant.
func (b *Bot) fire(ctx context.Context, t *timer) error {
	turn := Compose("timer", t.Key, Stamp(t.Due))
	ran, done := false, false
	err := b.Do(ctx, turn, func(ctx context.Context, r *Request) ([]Reply, error) {
		ran, done = true, false
		if same, err := t.unchanged(r.Tx); !same || err != nil {
			done = err == nil
			return nil, err
		}
		if err := timers.Delete(r.Tx, t.Key); err != nil {
			return nil, err
		}
		replies, err := b.jobs[t.Job](ctx, r, t.Arg)
		done = err == nil
		return replies, err
	})
	if err != nil || done {
		return err
	}
	return b.store.Update(ctx, func(tx Tx) error {
		if same, err := t.unchanged(tx); !same || err != nil {
			return err
		}
		later := *t
		if later.Due = b.now().Add(retryTimer); !ran {
			later.Due = t.Due.Add(1)
		}
		return timers.Put(tx, &later)
	})
}

// retryTimer is when a timer whose job failed is tried again.
const retryTimer = time.Minute

// unchanged reports whether the timer is still set for the same instant.
func (t *timer) unchanged(r Reader) (bool, error) {
	now, err := timers.Get(r, t.Key)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil && now.Due.Equal(t.Due), err
}
