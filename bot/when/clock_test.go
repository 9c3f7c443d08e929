package when_test

import (
	"testing"
	"time"

	"standleitung/bot/when"
)

func TestAt(t *testing.T) {
	for _, c := range []struct{ day, clock, zone, want string }{
		{"2027-03-27", "02:30", "Europe/Berlin", "2027-03-27T02:30:00+01:00"},
		{"2027-03-28", "01:59", "Europe/Berlin", "2027-03-28T01:59:00+01:00"},
		{"2027-03-28", "02:00", "Europe/Berlin", "2027-03-28T03:00:00+02:00"},
		{"2027-03-28", "02:30", "Europe/Berlin", "2027-03-28T03:00:00+02:00"},
		{"2027-03-28", "03:00", "Europe/Berlin", "2027-03-28T03:00:00+02:00"},
		{"2027-10-31", "01:59", "Europe/Berlin", "2027-10-31T01:59:00+02:00"},
		{"2027-10-31", "02:00", "Europe/Berlin", "2027-10-31T02:00:00+02:00"},
		{"2027-10-31", "02:30", "Europe/Berlin", "2027-10-31T02:30:00+02:00"},
		{"2027-10-31", "03:00", "Europe/Berlin", "2027-10-31T03:00:00+01:00"},
		{"2027-10-30", "24:00", "Europe/Berlin", "2027-10-31T00:00:00+02:00"},
		{"2018-11-04", "00:00", "America/Sao_Paulo", "2018-11-04T01:00:00-02:00"},
		{"2018-11-03", "24:00", "America/Sao_Paulo", "2018-11-04T01:00:00-02:00"},
		{"2018-02-17", "23:30", "America/Sao_Paulo", "2018-02-17T23:30:00-02:00"},
		{"2027-03-14", "02:30", "America/New_York", "2027-03-14T03:00:00-04:00"},
		{"2027-11-07", "01:30", "America/New_York", "2027-11-07T01:30:00-04:00"},
		{"2027-04-04", "01:45", "Australia/Lord_Howe", "2027-04-04T01:45:00+11:00"},
		{"2026-10-04", "02:15", "Australia/Lord_Howe", "2026-10-04T02:30:00+11:00"},
		{"2011-12-30", "12:00", "Pacific/Apia", "2011-12-31T00:00:00+14:00"},
		{"2027-03-28", "02:30", "UTC", "2027-03-28T02:30:00Z"},
	} {
		day, err := when.ParseDate(c.day)
		if err != nil {
			t.Fatal(err)
		}
		clock, err := when.ParseClock(c.clock)
		if err != nil {
			t.Fatal(err)
		}
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := when.At(day, clock, zone).Format(time.RFC3339); got != c.want {
			t.Errorf("At(%s, %s, %s) = %s, want %s", c.day, c.clock, c.zone, got, c.want)
		}
	}
}

func TestParseClock(t *testing.T) {
	for _, s := range []string{"", "7:30", "07:60", "25:00", "24:01", "0730", "07:30:00", " 07:30"} {
		if c, err := when.ParseClock(s); err == nil {
			t.Errorf("ParseClock(%q) = %s, want an error", s, c)
		}
	}
	for _, s := range []string{"00:00", "07:30", "23:59", "24:00"} {
		if c, err := when.ParseClock(s); err != nil || c.String() != s {
			t.Errorf("ParseClock(%q) = %s, %v", s, c, err)
		}
	}
}

func TestDate(t *testing.T) {
	d := when.Date{Year: 2027, Month: 1, Day: 31}
	if got := d.AddMonths(1).String(); got != "2027-02-28" {
		t.Errorf("one month after %s = %s, want 2027-02-28", d, got)
	}
	if got := d.AddMonths(-2).String(); got != "2026-11-30" {
		t.Errorf("two months before %s = %s, want 2026-11-30", d, got)
	}
	if got := d.DaysUntil(when.Date{Year: 2027, Month: 3, Day: 31}); got != 59 {
		t.Errorf("days from %s to 31 March = %d, want 59", d, got)
	}
	for _, s := range []string{"2027-02-29", "2027-13-01", "27-01-01", ""} {
		if d, err := when.ParseDate(s); err == nil {
			t.Errorf("ParseDate(%q) = %s, want an error", s, d)
		}
	}
	var back when.Date
	if text, err := d.MarshalText(); err != nil || back.UnmarshalText(text) != nil || back != d {
		t.Errorf("%s comes back as %s from %q: %v", d, back, text, err)
	}
}
