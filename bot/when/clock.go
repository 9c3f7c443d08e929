package when

import (
	"fmt"
	"time"
)

// Clock is a time of day in minutes after midnight, as a clock on the wall shows it. The zero value is 00:00;
// 24:00 counts as the midnight that ends the day.
type Clock int

// ParseClock reads HH:MM between 00:00 and 24:00, as the configuration writes it.
func ParseClock(s string) (Clock, error) {
	t, err := time.Parse("15:04", s)
	switch {
	case s == "24:00":
		return 24 * 60, nil
	case err != nil || len(s) != len("15:04"):
		return 0, fmt.Errorf("read time of day %q: want HH:MM, such as 07:30", s)
	}
	return Clock(t.Hour()*60 + t.Minute()), nil
}

// String returns HH:MM.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// At returns the instant at which a clock in the zone shows c on day d. A time that daylight saving skips is the
// first instant after the gap, even when that is on the next day; a time that comes twice is the first of
// the two. A nil zone is UTC.
//
// time.Date alone does not promise either: within a gap it answers with one of the two offsets.
func At(d Date, c Clock, zone *time.Location) time.Time {
	if zone == nil {
		zone = time.UTC
	}
	wall := time.Date(d.Year, d.Month, d.Day, 0, int(c), 0, 0, time.UTC)
	t := time.Date(d.Year, d.Month, d.Day, 0, int(c), 0, 0, zone)
	start, end := t.ZoneBounds()
	switch shown := wallOf(t); {
	case shown.After(wall):
		return start.In(zone)
	case shown.Before(wall):
		return end.In(zone)
	}
	if start.IsZero() {
		return t
	}
	_, before := start.Add(-time.Second).Zone()
	if earlier := wall.Add(-time.Duration(before) * time.Second).In(zone); earlier.Before(start) {
		return earlier
	}
	return t
}

// wallOf returns what the clock in t's location shows, as if it hung in UTC.
func wallOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}
