package when

import (
	"slices"
	"time"
)

// maxCandidates is how many buttons a person is offered.
const maxCandidates = 5

// resolver turns what was said into moments, seen from now.
type resolver struct {
	now   time.Time
	today Date
	zone  *time.Location
	cal   *Calendar
}

func newResolver(opt Options) resolver {
	return resolver{now: opt.Now, today: DateOf(opt.Now), zone: opt.Now.Location(), cal: opt.Calendar}
}

// answer is which day was meant, before the time of day and the past are looked at.
type answer struct {
	reason Reason // "": one of the days
	days   []Date
	fixed  bool   // the year was said: the past may be meant
	later  []Date // what to offer when all days are over
}

func one(d Date) answer { return answer{days: []Date{d}} }

func ask(r Reason, days ...Date) answer { return answer{reason: r, days: days} }

// result resolves a complete phrase.
func (r resolver) result(s said) Result {
	switch {
	case s.bad:
		return Result{Kind: Unclear, Reason: NoSuch}
	case s.has == fNow:
		return found(Moment{r.today, r.now})
	case s.has&fShift != 0 && s.shift.Minutes != 0:
		return r.elapsed(s)
	case s.has&dayFacts == 0:
		return r.timeOnly(s)
	}
	a := r.day(s)
	return r.choose(a, r.moments(s, a.days), r.moments(s, a.later))
}

func found(m Moment) Result {
	if m.IsDay() {
		return Result{Kind: WholeDay, Moment: m}
	}
	return Result{Kind: Instant, Moment: m}
}

// choose finds the one moment that is not over, or says what to ask.
func (r resolver) choose(a answer, all, later []Moment) Result {
	ahead := all
	if !a.fixed {
		ahead = slices.DeleteFunc(slices.Clone(all), r.over)
	}
	switch {
	case a.reason != "":
		return unclear(a.reason, ahead)
	case len(ahead) == 0:
		return unclear(Past, append(all, slices.DeleteFunc(slices.Clone(later), r.over)...))
	case len(ahead) == 1:
		return found(ahead[0])
	}
	return unclear(Which, ahead)
}

func unclear(reason Reason, candidates []Moment) Result {
	slices.SortStableFunc(candidates, func(a, b Moment) int { return a.Date.noon().Compare(b.Date.noon()) })
	candidates = slices.CompactFunc(candidates, func(a, b Moment) bool { return a.Date == b.Date && a.Time.Equal(b.Time) })
	return Result{Kind: Unclear, Reason: reason, Candidates: candidates[:min(len(candidates), maxCandidates)]}
}

// over reports whether a moment lies in the past; today does not.
func (r resolver) over(m Moment) bool {
	if m.IsDay() {
		return m.Date.Before(r.today)
	}
	return m.Time.Before(r.now)
}

// elapsed resolves "in zwei Stunden", counted in hours that pass, whatever the clock on the wall does.
func (r resolver) elapsed(s said) Result {
	t := r.now.Truncate(time.Second).Add(time.Duration(s.shift.Minutes) * time.Minute)
	if s.shift.Days != 0 || s.shift.Months != 0 || s.shift.Workdays != 0 {
		t = At(s.shift.Apply(DateOf(t), r.cal), Clock(t.Hour()*60+t.Minute()), r.zone)
	}
	m := Moment{DateOf(t), t}
	switch {
	case s.has&fNear != 0 && s.near != 0:
		return Result{}
	case s.ago, r.over(m):
		return unclear(Past, nil)
	case s.wide:
		return unclear(TooWide, []Moment{m})
	}
	return found(m)
}

// moments puts the said time of day on each day.
func (r resolver) moments(s said, days []Date) []Moment {
	var all []Moment
	for _, d := range days {
		all = append(all, r.times(s, d)...)
	}
	return all
}

// times returns what the said time of day can mean on a day: nothing said is the whole day, and the small hours of a
// night can belong to the day after.
func (r resolver) times(s said, d Date) []Moment {
	minute, night := 0, false
	switch {
	case s.has&fZone != 0:
		t := At(d, Clock(s.clock.minute), time.FixedZone("", s.zone*60)).In(r.zone)
		return []Moment{{DateOf(t), t}}
	case s.has&fClock != 0 && s.has&fPart != 0:
		minute, night = completed(s.clock, dayparts[s.part].half)
	case s.has&fClock != 0:
		minute = workingHours(s.clock)
	case s.has&fPart != 0:
		minute, night = dayparts[s.part].minute+s.partOff, s.part == partMidnight
	default:
		return []Moment{{Date: d}}
	}
	all := []Moment{r.moment(d, minute)}
	if night {
		all = append(all, r.moment(d.AddDays(1), minute))
	}
	return all
}

// moment puts a time on a day. Its day is that of the instant: 24:00 is the next day's midnight.
func (r resolver) moment(d Date, minute int) Moment {
	t := At(d, Clock(minute), r.zone)
	return Moment{DateOf(t), t}
}

// workingHours completes a clock on a known day: between 7:00 and 18:59.
func workingHours(c clock) int {
	if c.open && c.minute < 7*60 {
		return c.minute + 12*60
	}
	return c.minute
}

// completed gives a clock the half of the day that was said with it: "drei Uhr nachmittags". In the small hours,
// night says that the day after may be meant.
func completed(c clock, h half) (minute int, night bool) {
	m := c.minute
	switch {
	case m >= 13*60 || h == noClock:
		return workingHours(c), false
	case h == afterNoon && m < 12*60, h == aroundNoon && m < 6*60:
		return m + 12*60, false
	case h == atNight && m%(12*60) >= 6*60:
		return m%(12*60) + 12*60, false
	case h == atNight:
		return m % (12 * 60), true
	}
	return m, false
}

// timeOnly resolves a time without a day: the next one.
func (r resolver) timeOnly(s said) Result {
	var next Moment
	for _, d := range []Date{r.today, r.today.AddDays(1), r.today.AddDays(2)} {
		for _, m := range r.anyTimes(s, d) {
			if m.Time.After(r.now) && (next.IsDay() || m.Time.Before(next.Time)) {
				next = m
			}
		}
	}
	if next.IsDay() {
		return Result{}
	}
	return found(next)
}

// anyTimes is times for a clock without a day, which may also be in the evening.
func (r resolver) anyTimes(s said, d Date) []Moment {
	if s.has != fClock || !s.clock.open {
		return r.times(s, d)
	}
	var all []Moment
	for _, m := range []int{s.clock.minute, s.clock.minute + 12*60} {
		if m >= 7*60 && m < 22*60 {
			all = append(all, r.moment(d, m))
		}
	}
	return all
}
