// Package schedules starts the jobs that time starts. It has one table of jobs and one runner; what a job does, and that
// it does nothing twice, is the core's business.
//
// robfig/cron reads the specs and wakes the runner, no more: it skips jobs in the hour that daylight saving removes, keeps
// nothing over a restart, panics on "TZ=" alone and accepts specs that never fire. So a spec is evaluated on a clock
// without daylight saving, as what a clock on the wall would show, and only then becomes an instant: a local time that
// does not exist is the first instant after the gap, one that exists twice is its first. At a start the last run
// that is over is made up for, whether it took place or not.
package schedules

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"standleitung/bot"
	"standleitung/bot/when"
)

// Job is something that time starts.
type Job struct {
	// Name stands in the log.
	Name string
	// Spec says when, as five cron fields (minute, hour, day, month, weekday) of local time. Empty is once a minute: for
	// jobs that ask the store what is due.
	Spec string
	// Run does what is due at the instant for which it was planned, or by now for a job without a spec. It must do nothing
	// twice however often it is called: it is called again after an error, and once at every start.
	Run func(ctx context.Context, planned time.Time) error
}

// Jobs is the table of jobs. There is no other.
func Jobs(b *bot.Bot) []Job {
	return []Job{
		{Name: "plans", Spec: "0 0 * * *", Run: func(ctx context.Context, _ time.Time) error { return b.Plan(ctx) }}, // first at every start
		{Name: "reminders", Run: func(ctx context.Context, _ time.Time) error { return b.Remind(ctx) }},
		{Name: "briefings", Run: func(ctx context.Context, _ time.Time) error { return b.Brief(ctx) }},
		{Name: "parked topics", Spec: "0 6 * * *", Run: b.Unpark}, // before the briefing, and not at midnight
		{Name: "tidy", Spec: "17 * * * *", Run: func(ctx context.Context, _ time.Time) error { return b.Tidy(ctx) }},
	}
}

// Config is what a runner needs. Now and Log are required.
type Config struct {
	Jobs []Job
	// Zone is that of the specs; nil means UTC.
	Zone *time.Location
	Now  func() time.Time
	Log  *slog.Logger
}

// Runner runs jobs at their times.
type Runner struct {
	jobs []*planned
	zone *time.Location
	now  func() time.Time
	log  *slog.Logger
}

// planned is a job with its next run.
type planned struct {
	Job
	schedule cron.Schedule // nil for a job that runs whenever the runner looks
	// at is the next run; zero before the first.
	at time.Time
}

// wake is how often the runner looks at its jobs. A run begins at most so much late; looking costs next to nothing.
const wake = time.Minute

// New makes a runner. It refuses specs that Parse refuses.
func New(c Config) (*Runner, error) {
	if c.Now == nil || c.Log == nil {
		return nil, errors.New("schedules: Now and Log are required")
	}
	r := &Runner{zone: c.Zone, now: c.Now, log: c.Log}
	if r.zone == nil {
		r.zone = time.UTC
	}
	for _, job := range c.Jobs {
		p := &planned{Job: job}
		if job.Spec != "" {
			var err error
			if p.schedule, err = Parse(job.Spec); err != nil {
				return nil, fmt.Errorf("schedules: job %s: %w", job.Name, err)
			}
		}
		r.jobs = append(r.jobs, p)
	}
	return r, nil
}

// Parse reads a spec of five fields. It refuses zones, since a zone is not part of a spec, "@" forms, and specs that never
// fire, such as the 30th of February.
func Parse(spec string) (cron.Schedule, error) {
	switch {
	case strings.Contains(spec, "TZ="):
		return nil, fmt.Errorf("spec %q: the zone is the company's: leave it out", spec)
	case len(strings.Fields(spec)) != 5:
		return nil, fmt.Errorf("spec %q: want five fields: minute, hour, day, month, weekday", spec)
	}
	schedule, err := cron.ParseStandard(spec)
	if err != nil {
		return nil, fmt.Errorf("spec %q: %w", spec, err)
	}
	if schedule.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Errorf("spec %q: never fires: no such day exists", spec)
	}
	return schedule, nil
}

// Run runs the jobs until ctx ends, then returns when the one that runs has ended. Jobs run one after the other.
func (r *Runner) Run(ctx context.Context) {
	woken := make(chan struct{}, 1)
	alarm := cron.New(cron.WithLocation(time.UTC), cron.WithLogger(cron.DiscardLogger))
	// An interval, not a time of day: it goes on when the clock is set.
	alarm.Schedule(cron.Every(wake), cron.FuncJob(func() {
		select {
		case woken <- struct{}{}:
		default:
		}
	}))
	alarm.Start()
	defer func() { <-alarm.Stop().Done() }()
	for {
		r.Tick(ctx)
		select {
		case <-ctx.Done():
			return
		case <-woken:
		}
	}
}

// Tick runs what is due. The first one makes up for what was due before the start.
func (r *Runner) Tick(ctx context.Context) {
	now := r.now()
	for _, job := range r.jobs {
		at := now
		if job.schedule != nil {
			if job.at.IsZero() {
				job.at = last(job.schedule, now, r.zone)
			}
			if next := next(job.schedule, now, r.zone); next.Before(job.at) {
				job.at = next // the clock was set back
			}
			if at = job.at; at.After(now) {
				continue
			}
		}
		if ctx.Err() != nil {
			return
		}
		if err := job.Run(ctx, at); err != nil {
			if ctx.Err() == nil {
				r.log.WarnContext(ctx, "a job failed, will retry", "job", job.Name, "error", err)
			}
			continue
		}
		if job.schedule != nil {
			job.at = next(job.schedule, now, r.zone)
		}
	}
}

// next is the first instant after now at which a schedule fires.
func next(s cron.Schedule, now time.Time, zone *time.Location) time.Time {
	for wall := s.Next(wall(now, zone)); ; wall = s.Next(wall) {
		if at := instant(wall, zone); at.After(now) { // a local time that comes twice is over with its first
			return at
		}
	}
}

// last is the last instant up to now at which a schedule fired.
func last(s cron.Schedule, now time.Time, zone *time.Location) time.Time {
	const year = 366
	for _, days := range []int{1, 7, 31, year, 9 * year} { // the 29th of February can be eight years ago
		from := wall(now, zone).AddDate(0, 0, -days)
		found := time.Time{}
		for wall := s.Next(from); !wall.IsZero(); wall = s.Next(wall) {
			at := instant(wall, zone)
			if at.After(now) {
				break
			}
			found = at
		}
		if !found.IsZero() {
			return found
		}
	}
	return next(s, now, zone)
}

// wall is what a clock in a zone shows, as if it hung in UTC.
func wall(t time.Time, zone *time.Location) time.Time {
	t = t.In(zone)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// instant is when a clock in a zone shows a wall time; see [when.At] for times that do not exist or come twice.
func instant(wall time.Time, zone *time.Location) time.Time {
	return when.At(when.DateOf(wall), when.Clock(wall.Hour()*60+wall.Minute()), zone)
}
