package when

import (
	"fmt"
	"time"
)

// Date is a day of the calendar, without a time and without a zone: a milestone on the third is on the third
// everywhere. The zero value is no day; see [Date.IsZero]. Fields outside their range are carried over by every
// method that computes.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf returns the day on which t falls in t's own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// ParseDate reads the form that [Date.String] writes, such as 2027-03-28. It refuses days that do not exist.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("read date %q: want YYYY-MM-DD", s)
	}
	return DateOf(t), nil
}

// String returns the day as YYYY-MM-DD; years before 0 or after 9999 are outside of what ParseDate reads.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day) }

// MarshalText writes the form of String; the zero value is empty.
func (d Date) MarshalText() ([]byte, error) {
	if d.IsZero() {
		return nil, nil
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads the form of String; empty text is the zero value.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	got, err := ParseDate(string(text))
	if err == nil {
		*d = got
	}
	return err
}

// IsZero reports whether d is no day at all.
func (d Date) IsZero() bool { return d == Date{} }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.noon().Weekday() }

// ISOWeek returns the year and number of the ISO 8601 week in which d lies.
func (d Date) ISOWeek() (year, week int) { return d.noon().ISOWeek() }

// Before reports whether d lies before other.
func (d Date) Before(other Date) bool { return d.noon().Before(other.noon()) }

// AddDays returns the day n days later, or earlier when n is negative.
func (d Date) AddDays(n int) Date { return DateOf(d.noon().AddDate(0, 0, n)) }

// AddMonths returns the same day n months later, at the latest the last day of that month: one month after
// 31 January is 28 February.
func (d Date) AddMonths(n int) Date {
	first := DateOf(time.Date(d.Year, d.Month+time.Month(n), 1, 12, 0, 0, 0, time.UTC))
	return Date{first.Year, first.Month, min(d.Day, daysIn(first.Year, first.Month))}
}

// DaysUntil returns how many days lie from d to other; negative when other is earlier.
func (d Date) DaysUntil(other Date) int { return int(other.noon().Sub(d.noon()).Hours() / 24) }

// exists reports whether the fields name a day of the calendar.
func (d Date) exists() bool {
	return d.Month >= time.January && d.Month <= time.December && d.Day >= 1 && d.Day <= daysIn(d.Year, d.Month)
}

// noon stands for the day in UTC, where every day has 24 hours.
func (d Date) noon() time.Time { return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC) }

// monday returns the Monday of d's ISO week.
func (d Date) monday() Date { return d.AddDays(-((int(d.Weekday()) + 6) % 7)) }

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 12, 0, 0, 0, time.UTC).Day()
}

// mondayOf returns the Monday of an ISO week, and false when the year has no such week.
func mondayOf(year, week int) (Date, bool) {
	monday := Date{year, time.January, 4}.monday().AddDays(7 * (week - 1))
	y, w := monday.ISOWeek()
	return monday, y == year && w == week
}
