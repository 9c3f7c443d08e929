package bot

import (
	"context"
	"errors"
	"slices"
	"time"

	"standleitung/bot/say"
	"standleitung/bot/when"
)

// Briefing says when the daily briefing is sent, and to whom.
type Briefing struct {
	At when.Clock // local time of the reader
	To []string   // roles by their names in the configuration, or ids of people
}

// DefaultBriefing is sent to the comms lead at half past seven.
func DefaultBriefing() Briefing { return Briefing{At: 7*60 + 30, To: []string{"lead"}} }

// briefingLate is from when on a briefing says that it is late.
const briefingLate = 15 * time.Minute

// reader is somebody who gets the briefing, with what they chose.
type reader struct {
	Person string `json:"person"`
	// At is the local time that they chose; nil for the configuration's.
	At *when.Clock `json:"at,omitempty"`
	// Paused is the last day without one (2006-01-02); empty for none.
	Paused string `json:"paused,omitempty"`
	Short  bool   `json:"short,omitempty"`
	// Last is when the last one was made, and what the next one covers begins there; Day its local day: one a day.
	Last time.Time `json:"last"`
	Day  string    `json:"day,omitempty"`
	// Seen counts for how many briefings in a row a line has been the same.
	Seen map[string]int `json:"seen,omitempty"`
	// Next is when the next one is due; zero for never.
	Next time.Time `json:"next,omitzero"`
}

var readers = &Kind[reader]{
	Name: "reader", Version: 1,
	Key: func(d *reader) string { return d.Person },
	Indexes: []Index[reader]{{"due", func(d *reader) []string {
		if d.Next.IsZero() {
			return nil
		}
		return []string{Compose(Stamp(d.Next), d.Person)}
	}}},
}

// getsBriefing reports whether somebody gets the briefing by configuration.
func (b *Bot) getsBriefing(p *Person) bool {
	return p.member != nil && slices.ContainsFunc(b.briefing.To, func(to string) bool {
		role, ok := ParseRole(to)
		return to == p.ID || ok && p.Is(role)
	})
}

// reader reads what somebody chose. Who gets the briefing for the first time begins now: nothing is caught up.
func (k *books) reader(p *Person) (*reader, error) {
	d, err := readers.Get(k.r, p.ID)
	if errors.Is(err, ErrNotFound) {
		return &reader{Person: p.ID, Last: k.now}, nil
	}
	return d, err
}

// briefingAt is the local time at which the reader wants it.
func (b *Bot) briefingAt(d *reader) when.Clock {
	if d.At != nil {
		return *d.At
	}
	return b.briefing.At
}

// planBriefing computes when the next one is due: on the first working day on which there was none yet, at its local
// time. A day whose time is over by now counts if late is set.
func (k *books) planBriefing(d *reader, p *Person, late bool) {
	zone := p.In()
	day := when.DateOf(k.now.In(zone))
	if d.Day > day.String() { // the clock was ahead
		d.Day, d.Last = "", k.now
	}
	for ; ; day = day.AddDays(1) {
		at := when.At(day, k.bot.briefingAt(d), zone)
		if k.bot.calendar.IsWorkday(day) && day.String() > d.Day && day.String() > d.Paused && (late || at.After(k.now)) {
			d.Next = at.UTC()
			return
		}
	}
}

// checkReaders plans the briefings of everybody: the configuration may be another one. What came due while the program
// was down is late, and is not lost.
func (b *Bot) checkReaders(ctx context.Context) error {
	return b.Do(ctx, Compose("readers", Stamp(b.now())), func(_ context.Context, r *Request) ([]Reply, error) {
		for i := range b.company {
			p, err := r.books.person(b.company[i].ID)
			if err != nil {
				return nil, err
			}
			if err := r.checkReader(p); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
}

func (r *Request) checkReader(p *Person) error {
	d, err := r.books.reader(p)
	if err != nil {
		return err
	}
	if !r.bot.getsBriefing(p) {
		if d.Next.IsZero() {
			return nil
		}
		d.Next = time.Time{}
		return readers.Put(r.Tx, d)
	}
	missed := !d.Next.IsZero() && !d.Next.After(r.Now)
	before := d.Next
	r.books.planBriefing(d, p, missed)
	if d.Next.Equal(before) {
		return nil
	}
	return readers.Put(r.Tx, d)
}

// moveBriefing plans somebody's next briefing anew after their zone changed.
func (r *Request) moveBriefing(p *Person) error { return r.checkReader(p) }

// Brief sends the briefings that are due by now, each once for its reader and day. Its cost grows with what is due.
func (b *Bot) Brief(ctx context.Context) error {
	var due []*reader
	err := b.store.View(ctx, func(r Reader) error {
		due = nil
		for d, err := range readers.All(r, Query{Index: "due", To: Stamp(b.now()) + "\x20", Limit: remindMost}) {
			if err != nil {
				return err
			}
			due = append(due, d)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, d := range due {
		if err := b.brief(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// brief sends one briefing. One that fails is tried again in a while.
func (b *Bot) brief(ctx context.Context, due *reader) error {
	done := false
	turn := "job/briefing/" + due.Person + "/" + due.Next.In(b.zone).Format(time.RFC3339Nano)
	err := b.Do(ctx, turn, func(_ context.Context, r *Request) ([]Reply, error) {
		replies, err := r.brief(due)
		done = err == nil
		return replies, err
	})
	if err != nil || done {
		return err
	}
	return b.store.Update(ctx, func(tx Tx) error {
		d, err := readers.Get(tx, due.Person)
		if errors.Is(err, ErrNotFound) || err == nil && !d.Next.Equal(due.Next) {
			return nil
		} else if err != nil {
			return err
		}
		d.Next = b.now().Add(retryTimer).UTC()
		return readers.Put(tx, d)
	})
}

// brief makes the briefing that is due. A day that is over gets none any more: today's covers it.
func (r *Request) brief(due *reader) ([]Reply, error) {
	d, err := readers.Get(r.Tx, due.Person)
	if err != nil || !d.Next.Equal(due.Next) {
		return nil, err
	}
	p, err := r.books.colleague(d.Person)
	if err != nil {
		return nil, err
	}
	if p == nil || !r.bot.getsBriefing(p) {
		d.Next = time.Time{}
		return nil, readers.Put(r.Tx, d)
	}
	today := when.DateOf(r.Now.In(p.In()))
	planned := when.At(today, r.bot.briefingAt(d), p.In())
	away, err := r.books.away(p)
	if err != nil {
		return nil, err
	}
	var replies []Reply
	send := r.bot.calendar.IsWorkday(today) && !planned.After(r.Now) && today.String() > max(d.Day, d.Paused)
	if send && away == nil {
		s, err := r.books.situation(p, d)
		if err != nil {
			return nil, err
		}
		if r.Now.Sub(planned) >= briefingLate {
			s.late = planned
		}
		s.note(d)
		replies = []Reply{{To: Somebody, Person: p, Card: s.briefing}}
		d.Last, d.Day = r.Now, today.String()
	} else if send {
		d.Day = today.String() // who is away gets it all on the first day back
	}
	r.books.planBriefing(d, p, true)
	return replies, readers.Put(r.Tx, d)
}

// briefingReader is the person who asks, as a reader; a fault for somebody who gets no briefing.
func (r *Request) briefingReader() (*reader, error) {
	if !r.bot.getsBriefing(r.Person) {
		return nil, fault(Denied, say.T("Für {Sie|dich} ist kein Briefing eingerichtet; „lage“ geht immer. Nichts geändert.",
			"No briefing is set up for you; “status” always works. Nothing changed."))
	}
	return r.books.reader(r.Person)
}
