package when

import (
	"fmt"
	"time"

	"standleitung/bot/say"
)

// silentMonths is how far ahead a date is clear without its year.
const silentMonths = 11

// Day speaks a day in full, "Sonntag, 28. März" or "Sunday, 28 March". The year follows when the day is over, or does
// not lie within the eleven months after today. A language that is not English is German.
func Day(d, today Date, lang say.Language) string {
	n := namesIn(lang)
	return fmt.Sprintf(n.day, n.weekdays[d.Weekday()], d.Day, n.months[d.Month-1]) + yearOf(" %d", d, today)
}

// DayTime speaks an instant as people in now's location see it, "Sonntag, 28. März, 10:00".
func DayTime(t, now time.Time, lang say.Language) string {
	t = t.In(now.Location())
	return Day(DateOf(t), DateOf(now), lang) + t.Format(", 15:04")
}

// ShortDay speaks a day for narrow places, "Mo 7.12." or "Mon 7 Dec", with its year where Day has it.
func ShortDay(d, today Date, lang say.Language) string {
	n := namesIn(lang)
	weekday := []rune(n.weekdays[d.Weekday()])[:n.short]
	if lang == say.English {
		return fmt.Sprintf("%s %d %s", string(weekday), d.Day, n.months[d.Month-1][:3]) + yearOf(" %d", d, today)
	}
	return fmt.Sprintf("%s %d.%d.", string(weekday), d.Day, int(d.Month)) + yearOf("%d", d, today)
}

// ShortDayTime speaks an instant for narrow places, "Mo 7.12. 10:00".
func ShortDayTime(t, now time.Time, lang say.Language) string {
	t = t.In(now.Location())
	return ShortDay(DateOf(t), DateOf(now), lang) + t.Format(" 15:04")
}

// Speak speaks a moment with Day or DayTime.
func Speak(m Moment, now time.Time, lang say.Language) string {
	if m.IsDay() {
		return Day(m.Date, DateOf(now), lang)
	}
	return DayTime(m.Time, now, lang)
}

// SpeakShort speaks a moment with ShortDay or ShortDayTime: the text of a button.
func SpeakShort(m Moment, now time.Time, lang say.Language) string {
	if m.IsDay() {
		return ShortDay(m.Date, DateOf(now), lang)
	}
	return ShortDayTime(m.Time, now, lang)
}

// names are a language's words and order.
type names struct {
	weekdays [7]string
	months   [12]string
	day      string // weekday, day, month
	short    int    // letters of a short weekday
}

func namesIn(lang say.Language) names {
	if lang == say.English {
		return names{
			weekdays: [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
			months: [12]string{
				"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
			},
			day:   "%s, %d %s",
			short: 3,
		}
	}
	return names{
		weekdays: [7]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
		months: [12]string{
			"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember",
		},
		day:   "%s, %d. %s",
		short: 2,
	}
}

func yearOf(format string, d, today Date) string {
	if !d.Before(today) && d.Before(today.AddMonths(silentMonths)) {
		return ""
	}
	return fmt.Sprintf(format, d.Year)
}
