package bot

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"standleitung/bot/say"
	"standleitung/bot/when"
)

// Milestone is a dated step: of a piece, or by itself.
type Milestone struct {
	ID    uint64 `json:"id"`
	Title string `json:"title"`
	// Day is the day on which it is due (2006-01-02), the same day everywhere. It never moves by itself.
	Day string `json:"day"`
	// Clock is the time of that day in the company's zone (15:04); empty for the whole day.
	Clock string `json:"clock,omitempty"`
	// Owner does it, Deputy stands in: ids of people. Setter entered it.
	Owner  string    `json:"owner"`
	Deputy string    `json:"deputy,omitempty"`
	Setter string    `json:"setter"`
	At     time.Time `json:"at"`
	// Piece is the piece of the editorial plan that it belongs to; 0 for none.
	Piece uint64         `json:"piece,omitempty"`
	State MilestoneState `json:"state"`
	// Reason is why it is blocked. It stays when it is done, so that this can be undone.
	Reason string `json:"reason,omitempty"`
	// By and Decided say who changed the state last, and when; Was is the state before.
	By      string         `json:"by,omitempty"`
	Decided time.Time      `json:"decided,omitzero"`
	Was     MilestoneState `json:"was,omitempty"`
	// Rule repeats it; nil for one that comes once. Prev and Next are the milestones of the series before and after it; 0
	// for none.
	Rule *Rule  `json:"rule,omitempty"`
	Prev uint64 `json:"prev,omitempty"`
	Next uint64 `json:"next,omitempty"`

	// Quiet is set when its owner wants no more reminders.
	Quiet bool `json:"quiet,omitempty"`
	// Sent counts the reminders that went out, whatever the day was when they did.
	Sent int `json:"sent,omitempty"`
	// Step is the last rung of the ladder that is over for this day.
	Step Rung `json:"step,omitempty"`
	// Late is when the last reminder was planned, if it came late; Missed when one was found to be too old to be sent.
	Late   time.Time `json:"late,omitzero"`
	Missed time.Time `json:"missed,omitzero"`
	// Wake is the instant of whatever happens to it next; zero for never. It is computed from the stored day and the
	// zone, and computed again whenever one of them, the owner, or the calendar changes.
	Wake time.Time `json:"wake,omitzero"`
}

// MilestoneState is how far a milestone is.
type MilestoneState string

// The states of a milestone.
const (
	MilestoneOpen    MilestoneState = "open"
	MilestoneBlocked MilestoneState = "blocked"
	MilestoneDone    MilestoneState = "done"
	MilestoneDropped MilestoneState = "dropped"
)

var milestoneStates = map[MilestoneState]say.Text{
	MilestoneOpen:    say.T("offen", "open"),
	MilestoneBlocked: say.T("blockiert", "blocked"),
	MilestoneDone:    say.T("erledigt", "done"),
	MilestoneDropped: say.T("gestrichen", "dropped"),
}

// unfinished reports whether it is still to be done.
func (m *Milestone) unfinished() bool { return m.State == MilestoneOpen || m.State == MilestoneBlocked }

// order sorts milestones by day and time; those of a whole day come after those with a time.
func (m *Milestone) order() string { return Compose(m.Day, cmp.Or(m.Clock, "~"), Serial(m.ID)) }

// milestonesOf reads up to limit milestones that one of several queries of the same index yields, in their order.
func milestonesOf(r Reader, qs []Query, limit int) ([]*Milestone, error) {
	var list []*Milestone
	for _, q := range qs {
		q.Limit = limit
		for m, err := range milestones.All(r, q) {
			if err != nil {
				return nil, err
			}
			list = append(list, m)
		}
	}
	if len(qs) > 1 {
		slices.SortFunc(list, func(a, b *Milestone) int { return cmp.Compare(a.order(), b.order()) })
	}
	return list[:min(limit, len(list))], nil
}

// Ref is the reference as people read it.
func (m *Milestone) Ref() string { return formatRef("M", m.ID) }

var milestones = &Kind[Milestone]{
	Name: "milestone", Version: 1,
	Key: func(m *Milestone) string { return Serial(m.ID) },
	Indexes: []Index[Milestone]{
		{"due", func(m *Milestone) []string {
			if m.Wake.IsZero() {
				return nil
			}
			return []string{Compose(Stamp(m.Wake), Serial(m.ID))}
		}},
		{"open", func(m *Milestone) []string {
			if !m.unfinished() {
				return nil
			}
			return []string{m.order()}
		}},
		{"owner", func(m *Milestone) []string {
			if !m.unfinished() {
				return nil
			}
			return []string{Compose(m.Owner, m.order())}
		}},
		{"missed", func(m *Milestone) []string {
			if !m.unfinished() || m.Missed.IsZero() {
				return nil
			}
			return []string{Compose(Stamp(m.Missed), Serial(m.ID))}
		}},
	},
}

// Reminders say when milestones remind.
type Reminders struct {
	Before int        // working days before the day; 0 for no reminder ahead
	At     when.Clock // local time of whoever is reminded
	Budget int        // the most reminders of one milestone, at most 3; 0 for none
}

// DefaultReminders are two working days before, at nine, three at most.
func DefaultReminders() Reminders { return Reminders{Before: 2, At: 9 * 60, Budget: 3} }

// Rung is a step of the ladder of reminders. The zero value is before all.
type Rung int

// The rungs. After the last one the milestone stands in the lead's briefing only.
const (
	RungBefore Rung = iota + 1
	RungDay
	RungAfter
)

// rungWorth is the order in which what is left of the budget is given away: the day itself counts most.
var rungWorth = []Rung{RungDay, RungAfter, RungBefore}

// date is the stored day.
func (m *Milestone) date() when.Date {
	d, _ := when.ParseDate(m.Day) // written by String
	return d
}

// instant is when it is due: its time of day, or the end of the day in a zone for one without.
func (m *Milestone) instant(company *time.Location) (time.Time, bool) {
	clock, err := when.ParseClock(m.Clock)
	if err != nil {
		return time.Time{}, false
	}
	return when.At(m.date(), clock, company), true
}

// rungs are the instants of the ladder in the owner's zone, in order. A reminder ahead, or of the day itself, that
// falls on a holiday moves to the working day before; the one that comes after moves on to the next working day. For
// something that happens every working day only the day itself is worth a reminder.
func (b *Bot) rungs(m *Milestone, zone *time.Location) map[Rung]time.Time {
	day, r := m.date(), b.reminders
	on := when.At(b.calendar.WorkdayAtOrBefore(day), r.At, zone)
	if due, ok := m.instant(b.zone); ok && due.Before(on) {
		on = due // nobody is reminded of what is over
	}
	ladder := map[Rung]time.Time{RungDay: on}
	if m.Rule != nil && m.Rule.Unit == everyWorkday {
		return ladder
	}
	ladder[RungAfter] = when.At(b.calendar.NextWorkday(day), r.At, zone)
	if before := when.At(b.calendar.AddWorkdays(day, -r.Before), r.At, zone); r.Before > 0 && before.Before(on) {
		ladder[RungBefore] = before
	}
	return ladder
}

// pendingRungs are those that are still to come, as far as the budget goes.
func (b *Bot) pendingRungs(m *Milestone, zone *time.Location) map[Rung]time.Time {
	if m.State != MilestoneOpen || m.Quiet {
		return nil
	}
	ladder, left := b.rungs(m, zone), b.reminders.Budget-m.Sent
	pending := map[Rung]time.Time{}
	for _, rung := range rungWorth {
		if at, ok := ladder[rung]; ok && rung > m.Step && len(pending) < left {
			pending[rung] = at
		}
	}
	return pending
}

// plan computes when the milestone wakes next. fresh forgets the rungs of the day that it had before: those whose
// time is over by now are not caught up.
func (k *books) plan(m *Milestone, fresh bool) error {
	zone, err := k.ownerZone(m)
	if err != nil {
		return err
	}
	if fresh {
		m.Step, m.Late, m.Missed = 0, time.Time{}, time.Time{}
		for rung, at := range k.bot.rungs(m, zone) {
			if !at.After(k.now) {
				m.Step = max(m.Step, rung)
			}
		}
	}
	m.Wake = time.Time{}
	wake := func(at time.Time) {
		if m.Wake.IsZero() || at.Before(m.Wake) {
			m.Wake = at.UTC()
		}
	}
	for _, at := range k.bot.pendingRungs(m, zone) {
		wake(at)
	}
	if m.rolls() {
		wake(rollsAt(m, zone))
	}
	if m.State == MilestoneDone && m.Decided.Add(undoDone).After(k.now) {
		wake(m.Decided.Add(undoDone))
	}
	return nil
}

// ownerZone is the zone in which the milestone reminds; the company's when its owner is gone.
func (k *books) ownerZone(m *Milestone) (*time.Location, error) {
	owner, err := k.person(m.Owner)
	if errors.Is(err, ErrNotFound) {
		return k.bot.zone, nil
	} else if err != nil {
		return nil, err
	}
	return owner.In(), nil
}

// milestone reads a milestone by its reference, or ErrNotFound.
func (k *books) milestone(ref string) (*Milestone, error) {
	_, n, _ := parseRef(ref)
	return milestones.Get(k.r, Serial(n))
}

// concerns reports whether somebody may know that the milestone is late, and whose doing it is: its owner, the
// deputy and the lead.
func (m *Milestone) concerns(who *Person) bool {
	return who != nil && (who.hasID(m.Owner) || who.hasID(m.Deputy) || who.Is(Lead))
}

// overdue reports whether its day is over for a reader.
func (m *Milestone) overdue(today when.Date) bool { return m.unfinished() && m.date().Before(today) }
