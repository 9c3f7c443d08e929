package when_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"standleitung/bot/when"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestHolidays compares every holiday of three years with a table. The table of the German states and Austria agrees with
// one computed from their laws; that of Zürich was only read.
func TestHolidays(t *testing.T) {
	var out strings.Builder
	for _, region := range when.Regions() {
		if !strings.HasPrefix(region, "DE") && region != "AT" && region != "CH-ZH" {
			continue
		}
		cal := calendar(t, region)
		for year := 2026; year <= 2028; year++ {
			fmt.Fprintf(&out, "%s %d", region, year)
			for d := (when.Date{Year: year, Month: 1, Day: 1}); d.Year == year; d = d.AddDays(1) {
				if name, ok := cal.Holiday(d); ok {
					fmt.Fprintf(&out, "\n\t%s %s", d.String()[5:], name)
				}
			}
			out.WriteString("\n")
		}
	}
	const file = "testdata/holidays.golden"
	if *update {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != string(want) {
		t.Errorf("holidays differ from %s; run with -update and read the diff", file)
	}
}

func calendar(t *testing.T, text string) *when.Calendar {
	t.Helper()
	c, err := when.NewCalendar(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The states differ from each other in what the library got wrong or leaves to the towns.
func TestCorrections(t *testing.T) {
	for _, c := range []struct {
		region, day string
		want        bool
	}{
		{"DE-MV", "2023-03-08", false},
		{"DE-MV", "2022-03-08", true},
		{"DE-MV", "2027-03-08", false},
		{"DE-BE", "2027-03-08", false},
		{"DE-BB", "2027-03-08", true},
		{"DE-BY", "2028-08-15", true},
		{"DE-BY +08-15", "2028-08-15", false},
		{"de-by +12-24 +12-31", "2026-12-24", false},
		{"DE-BY", "2027-01-06", false},
		{"DE", "2027-01-06", true},
		{"DE-SN", "2026-11-18", false},
		{"DE-BY", "2026-11-18", true},
		{"DK", "2023-05-05", false},
		{"DK", "2027-04-23", true},
		{"PL", "2026-12-24", false},
		{"", "2026-12-25", true},
		{"", "2026-12-26", false},
	} {
		day, err := when.ParseDate(c.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := calendar(t, c.region).IsWorkday(day); got != c.want {
			t.Errorf("%s in %q is a working day: %t, want %t", c.day, c.region, got, c.want)
		}
	}
	berlin, brandenburg := calendar(t, "DE-BE"), calendar(t, "DE-BB")
	if _, ok := berlin.Holiday(when.Date{Year: 2028, Month: 6, Day: 17}); !ok {
		t.Error("17 June 2028 is no holiday in Berlin")
	}
	if _, ok := brandenburg.Holiday(when.Date{Year: 2027, Month: 3, Day: 28}); !ok {
		t.Error("Easter Sunday is no holiday in Brandenburg")
	}
}

func TestUnknownRegion(t *testing.T) {
	for _, text := range []string{"DE-XX", "XX", "DE-BY +13-01", "DE-BY 12-24", "DE-BY,AT"} {
		_, err := when.NewCalendar(text)
		if err == nil {
			t.Errorf("NewCalendar(%q) succeeds", text)
		} else if strings.Contains(text, "XX") && !strings.Contains(err.Error(), "DE-BY, ") {
			t.Errorf("NewCalendar(%q) does not list the regions: %v", text, err)
		}
	}
}

func TestWorkdays(t *testing.T) {
	bavaria := calendar(t, "DE-BY")
	date := func(s string) when.Date {
		d, err := when.ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-12-23", 1, "2026-12-24"},
		{"2026-12-24", 1, "2026-12-28"},
		{"2026-12-31", 1, "2027-01-04"},
		{"2027-01-05", 1, "2027-01-07"},
		{"2027-01-07", -1, "2027-01-05"},
		{"2027-03-30", -3, "2027-03-23"},
		{"2027-03-28", 0, "2027-03-28"},
	} {
		if got := bavaria.AddWorkdays(date(c.from), c.n).String(); got != c.want {
			t.Errorf("%s %+d working days = %s, want %s", c.from, c.n, got, c.want)
		}
	}
	if got := bavaria.PreviousWorkday(date("2027-03-29")).String(); got != "2027-03-25" {
		t.Errorf("working day before Easter Monday = %s, want Maundy Thursday", got)
	}
	if got := bavaria.WorkdayAtOrBefore(date("2027-03-25")).String(); got != "2027-03-25" {
		t.Errorf("a working day moves to %s", got)
	}
	if got := bavaria.WorkdaysUntil(date("2026-12-23"), date("2027-01-07")); got != 8 {
		t.Errorf("working days from 23 December to 7 January = %d, want 8", got)
	}
	now := present(t, "2026-12-23T10:00 Europe/Berlin")
	if got := answer(when.Parse("in 3 Werktagen", when.Options{Now: now, Calendar: bavaria})); got != "2026-12-29" {
		t.Errorf("in 3 Werktagen over Christmas = %s, want 2026-12-29", got)
	}
}
