package bot

import (
	"context"
	"errors"
	"strings"
	"time"
)

const (
	// remindMost is how many due milestones one look at the store reads.
	remindMost = 100
	// remindLate is from when on a reminder says that it is late; one that is older than remindOver is not sent any more
	// but stands in the next briefing.
	remindLate = 5 * time.Minute
	remindOver = 24 * time.Hour
)

// Remind does what is due for milestones by now: reminders, the next one of a series, the end of an undo. Its cost grows
// with what is due. Each is a turn of its own, so nothing fires twice, whatever the clock does or however often it runs.
func (b *Bot) Remind(ctx context.Context) error {
	for ctx.Err() == nil {
		var due []*Milestone
		err := b.store.View(ctx, func(r Reader) error {
			due = nil
			for m, err := range milestones.All(r, Query{Index: "due", To: Stamp(b.now()) + "\x20", Limit: remindMost}) {
				if err != nil {
					return err
				}
				due = append(due, m)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, m := range due {
			if err := b.wakeMilestone(ctx, m); err != nil {
				return err
			}
		}
		if len(due) < remindMost {
			return nil
		}
	}
	return ctx.Err()
}

// wakeMilestone does what is due for one milestone, unless it was planned anew since it was read. One that fails is
// tried again later, so that it does not stand in the way of the others.
func (b *Bot) wakeMilestone(ctx context.Context, due *Milestone) error {
	done := false
	turn := "job/milestone/" + due.Ref() + "/" + due.Wake.In(b.zone).Format(time.RFC3339Nano)
	err := b.Do(ctx, turn, func(_ context.Context, r *Request) ([]Reply, error) {
		done = false
		m, err := r.books.milestone(due.Ref())
		if err != nil {
			return nil, err
		}
		if !m.Wake.Equal(due.Wake) {
			done = true
			return nil, nil
		}
		replies, err := r.wakeMilestone(m)
		done = err == nil
		return replies, err
	})
	if err != nil || done {
		return err
	}
	return b.store.Update(ctx, func(tx Tx) error {
		m, err := milestones.Get(tx, Serial(due.ID))
		if errors.Is(err, ErrNotFound) || err == nil && !m.Wake.Equal(due.Wake) {
			return nil
		} else if err != nil {
			return err
		}
		m.Wake = b.now().Add(retryTimer).UTC()
		return milestones.Put(tx, m)
	})
}

// wakeMilestone does what is due and plans what comes next.
func (r *Request) wakeMilestone(m *Milestone) ([]Reply, error) {
	replies, err := r.remind(m)
	if err != nil {
		return nil, err
	}
	zone, err := r.books.ownerZone(m)
	if err != nil {
		return nil, err
	}
	settled := m.State == MilestoneDone
	if m.rolls() && !rollsAt(m, zone).After(r.Now) {
		// Its owner hears of the next one when it is near: nobody wants a message at midnight.
		if _, err := r.roll(m); err != nil {
			return nil, err
		}
	}
	if err := r.keepMilestone(m, false); err != nil {
		return nil, err
	}
	if settled {
		return replies, refresh(r, m.Ref()) // the time to undo is over
	}
	return replies, nil
}

// remind sends the reminder that is due, the latest if several are: nobody is told twice in a row of the same thing.
func (r *Request) remind(m *Milestone) ([]Reply, error) {
	zone, err := r.books.ownerZone(m)
	if err != nil {
		return nil, err
	}
	var rung Rung
	var planned time.Time
	for step, at := range r.bot.pendingRungs(m, zone) {
		if !at.After(r.Now) && step > rung {
			rung, planned = step, at
		}
	}
	if rung == 0 {
		return nil, nil
	}
	m.Step, m.Late = rung, time.Time{}
	age := r.Now.Sub(planned)
	if age >= remindOver {
		m.Missed = r.Now
		return nil, nil
	}
	if age >= remindLate {
		m.Late = planned
	}
	who, err := r.reminded(m, rung)
	if err != nil {
		return nil, err
	}
	m.Sent++
	if err := milestones.Put(r.Tx, m); err != nil { // the cards read it
		return nil, err
	}
	var replies []Reply
	for _, p := range who {
		replies = append(replies, Reply{To: Somebody, Person: p, View: "reminder", Ref: m.Ref()})
	}
	return replies, nil
}

// reminded are those whom a reminder goes to: who looks after the milestone today, and when it is late the deputy, too.
func (r *Request) reminded(m *Milestone, rung Rung) ([]*Person, error) {
	first, err := r.books.standIn(m)
	if first == nil || err != nil {
		return nil, err
	}
	who := []*Person{first}
	if rung != RungAfter {
		return who, nil
	}
	deputy, err := r.books.colleague(m.Deputy)
	if deputy == nil || deputy == first || err != nil {
		return who, err
	}
	if ok, err := r.books.present(deputy); !ok || err != nil {
		return who, err
	}
	return append(who, deputy), nil
}

// keepMilestone plans a milestone and stores it; see plan for fresh.
func (r *Request) keepMilestone(m *Milestone, fresh bool) error {
	if err := r.books.plan(m, fresh); err != nil {
		return err
	}
	return milestones.Put(r.Tx, m)
}

// When what reminders are computed from changes, without anybody touching the milestones, they are planned anew.

// planned is what all milestones were planned by.
type planned struct {
	By string `json:"by"`
}

var plannings = &Kind[planned]{Name: "planned", Version: 1, Key: func(*planned) string { return "milestones" }}

const (
	// replanMost is how many milestones are planned anew in one unit of work, replanPause the pause between two.
	replanMost  = 500
	replanPause = time.Millisecond
)

// Plan computes anew what is due when, after the configuration has changed. It comes before the first [Bot.Remind] and the
// first [Bot.Brief]; when nothing has changed it costs next to nothing.
func (b *Bot) Plan(ctx context.Context) error {
	if err := b.checkPlans(ctx); err != nil {
		return err
	}
	return b.checkReaders(ctx)
}

// checkPlans has all milestones planned anew when the calendar, a zone or the ladder is another one than at the last
// start.
func (b *Bot) checkPlans(ctx context.Context) error {
	now := b.planBasis()
	return b.Do(ctx, Compose("plans", Stamp(b.now())), func(_ context.Context, r *Request) ([]Reply, error) {
		before, err := plannings.Get(r.Tx, "milestones")
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		if before != nil && before.By == now {
			return nil, nil
		}
		if err := plannings.Put(r.Tx, &planned{By: now}); err != nil || before == nil {
			return nil, err
		}
		return nil, r.setTimer("milestones.plan", Compose("", ""), r.Now)
	})
}

// planBasis is everything of the configuration that reminders are computed from.
func (b *Bot) planBasis() string {
	parts := []string{b.zone.String(), b.calendar.String(), b.reminders.At.String(), Serial(uint64(b.reminders.Before)), Serial(uint64(b.reminders.Budget))} //nolint:gosec // small and not negative
	for _, m := range b.company {
		zone := ""
		if m.Zone != nil {
			zone = m.Zone.String()
		}
		parts = append(parts, m.ID, zone)
	}
	return Compose(parts...)
}

// moved plans anew what depends on somebody's zone, after it changed.
func (r *Request) moved(who *Person) error {
	for _, id := range who.ids() {
		if err := r.setTimer("milestones.plan", Compose(ownerArg.Replace(id), ""), r.Now); err != nil {
			return err
		}
	}
	return r.moveBriefing(who)
}

// ownerArg and argOwner write the id of an owner without [Sep], which ends it in the argument of a timer, and back.
var (
	ownerArg = strings.NewReplacer(Sep, "\x1e")
	argOwner = strings.NewReplacer("\x1e", Sep)
)

// jobPlan plans a bounded piece of the milestones anew and sets itself for the rest. arg is the owner, empty for all,
// and the index entry after which to go on.
func jobPlan(_ context.Context, r *Request, arg string) ([]Reply, error) {
	owner, after, _ := strings.Cut(arg, Sep)
	owner = argOwner.Replace(owner)
	q := Query{Index: "open", Limit: replanMost}
	if owner != "" {
		q.Index = "owner"
		q.From, q.To = Under(owner)
	}
	if after != "" {
		q.From = after
	}
	var list []*Milestone
	for m, err := range milestones.All(r.Tx, q) {
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	for _, m := range list {
		if err := r.keepMilestone(m, false); err != nil {
			return nil, err
		}
	}
	if len(list) < replanMost {
		return nil, nil
	}
	last := list[len(list)-1]
	next := last.order() + "\x01" // right behind it
	if owner != "" {
		next = Compose(owner, next)
	}
	return nil, r.setTimer("milestones.plan", Compose(ownerArg.Replace(owner), next), r.Now.Add(replanPause))
}
