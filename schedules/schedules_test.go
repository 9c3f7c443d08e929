package schedules

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func berlin(t *testing.T) *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func at(t *testing.T, zone *time.Location, text string) time.Time {
	when, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

// play runs a runner in a bubble from one instant to another and returns when its job ran, and for when.
func play(t *testing.T, spec, from, to string, zone *time.Location) (runs []string) {
	synctest.Test(t, func(t *testing.T) {
		offset := time.Until(at(t, zone, from))
		now := func() time.Time { return time.Now().Add(offset) }
		r, err := New(Config{Zone: zone, Now: now, Log: slog.New(slog.DiscardHandler), Jobs: []Job{{
			Name: "job", Spec: spec, Run: func(_ context.Context, planned time.Time) error {
				runs = append(runs, now().In(zone).Format("02 15:04 MST")+" for "+planned.In(zone).Format("02 15:04 MST"))
				return nil
			},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { r.Run(ctx); close(ended) }()
		time.Sleep(at(t, zone, to).Sub(now()))
		synctest.Wait()
		stop()
		<-ended
	})
	return runs
}

// TestDaylightSaving runs a job at half past two through both changes of 2027: once a day, at the first instant after the
// gap, at the first of the two.
func TestDaylightSaving(t *testing.T) {
	zone := berlin(t)
	for _, c := range []struct {
		name, from, to string
		want           []string
	}{
		{"spring", "2027-03-27 12:00", "2027-03-29 12:00", []string{
			"27 12:00 CET for 27 02:30 CET", // made up for at the start
			"28 03:00 CEST for 28 03:00 CEST",
			"29 02:30 CEST for 29 02:30 CEST",
		}},
		{"autumn", "2027-10-30 12:00", "2027-11-01 12:00", []string{
			"30 12:00 CEST for 30 02:30 CEST",
			"31 02:30 CEST for 31 02:30 CEST",
			"01 02:30 CET for 01 02:30 CET",
		}},
		{"start in the gap's hour", "2027-03-28 03:10", "2027-03-28 12:00", []string{"28 03:10 CEST for 28 03:00 CEST"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := play(t, "30 2 * * *", c.from, c.to, zone); !slices.Equal(got, c.want) {
				t.Errorf("ran %q, want %q", got, c.want)
			}
		})
	}
}

// TestEveryMinute holds that a job without a spec runs through the hour that comes twice, too.
func TestEveryMinute(t *testing.T) {
	zone := berlin(t)
	if got := play(t, "", "2027-10-31 01:30", "2027-10-31 04:30", zone); len(got) != 4*60+1 {
		t.Errorf("ran %d times in four hours, want 241", len(got))
	}
}

// TestDowntime starts after an hour, a day and a week: the last run that was missed is made up for, once.
func TestDowntime(t *testing.T) {
	zone := berlin(t)
	for _, c := range []struct{ from, want string }{
		{"2026-12-01 07:00", "01 07:00 CET for 01 06:00 CET"},
		{"2026-12-02 05:00", "02 05:00 CET for 01 06:00 CET"},
		{"2026-12-08 07:00", "08 07:00 CET for 08 06:00 CET"},
	} {
		if got := play(t, "0 6 * * *", c.from, c.from, zone); !slices.Equal(got, []string{c.want}) {
			t.Errorf("started %s: ran %q, want %q", c.from, got, c.want)
		}
	}
	if got := play(t, "0 0 29 2 *", "2027-11-01 12:00", "2027-11-01 12:00", zone); !slices.Equal(got, []string{"01 12:00 CET for 29 00:00 CET"}) {
		t.Errorf("ran %q", got)
	}
}

// TestSetClock sets the clock back and forth: the job runs at its local time, and not again for a time that is set back over
// it by more than it slept.
func TestSetClock(t *testing.T) {
	zone := berlin(t)
	now := at(t, zone, "2026-12-01 05:00")
	runs := 0
	r, err := New(Config{Zone: zone, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), Jobs: []Job{
		{Name: "job", Spec: "0 6 * * *", Run: func(context.Context, time.Time) error { runs++; return nil }},
	}})
	if err != nil {
		t.Fatal(err)
	}
	tick := func(set string, want int) {
		t.Helper()
		now = at(t, zone, set)
		r.Tick(t.Context())
		if runs != want {
			t.Errorf("at %s it had run %d times, want %d", set, runs, want)
		}
	}
	tick("2026-12-01 05:00", 1) // made up for
	tick("2026-12-01 05:59", 1)
	tick("2026-12-01 06:00", 2)
	tick("2026-12-03 09:00", 3) // two days ahead: once
	tick("2026-12-01 09:00", 3) // and back
	tick("2026-12-02 05:59", 3)
	tick("2026-12-02 06:00", 4) // what a job does it does once, see bot
}

// TestRetry runs a job that failed again at the next look, for the same time.
func TestRetry(t *testing.T) {
	zone := berlin(t)
	now := at(t, zone, "2026-12-01 06:00")
	var planned []time.Time
	r, err := New(Config{Zone: zone, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), Jobs: []Job{
		{Name: "job", Spec: "0 6 * * *", Run: func(_ context.Context, p time.Time) error {
			if planned = append(planned, p); len(planned) == 1 {
				return errors.New("the store is away")
			}
			return nil
		}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		r.Tick(t.Context())
		now = now.Add(time.Minute)
	}
	if len(planned) != 2 || !planned[0].Equal(planned[1]) {
		t.Errorf("ran for %v, want twice for the same time", planned)
	}
}

// TestParse refuses what cron would accept, panic at, or never fire.
func TestParse(t *testing.T) {
	for _, spec := range []string{"", "TZ=", "TZ=UTC", "CRON_TZ=UTC 0 6 * * *", "@every 1m", "@daily", "0 6 * *", "0 6 * * * *", "61 * * * *", "0 0 30 2 *", "0 0 31 4,6,9,11 *", "x y z a b"} {
		if _, err := Parse(spec); err == nil {
			t.Errorf("%q was taken", spec)
		} else if !strings.Contains(err.Error(), spec) {
			t.Errorf("%q: the fault does not say which: %v", spec, err)
		}
	}
	for _, job := range Jobs(nil) {
		if job.Spec == "" {
			continue
		}
		if _, err := Parse(job.Spec); err != nil {
			t.Errorf("job %s: %v", job.Name, err)
		}
	}
	if _, err := New(Config{Now: time.Now, Log: slog.New(slog.DiscardHandler), Jobs: []Job{{Name: "never", Spec: "0 0 30 2 *"}}}); err == nil || !strings.Contains(err.Error(), "never fires") {
		t.Errorf("got %v, want a fault that says so", err)
	}
}
