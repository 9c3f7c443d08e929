package bot

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"standleitung/bot/say"
	"standleitung/bot/when"
)

// Rule says how a milestone repeats.
type Rule struct {
	Unit ruleUnit `json:"unit"`
	// N is every how many units, from 1.
	N int `json:"n"`
	// From is the day from which is counted (2006-01-02): one milestone that is moved does not move the series.
	From string `json:"from"`
}

// ruleUnit is a unit in which milestones repeat.
type ruleUnit string

// The units.
const (
	everyWorkday ruleUnit = "workday"
	everyWeek    ruleUnit = "week"
	everyMonth   ruleUnit = "month"
)

// weekdayNames are the days of the week as they stand in "jeden Montag" and "every Monday", from Sunday.
var weekdayNames = [7][]string{
	{"sonntag", "sunday"},
	{"montag", "monday"},
	{"dienstag", "tuesday"},
	{"mittwoch", "wednesday"},
	{"donnerstag", "thursday"},
	{"freitag", "friday"},
	{"samstag", "saturday", "sonnabend"},
}

// ruleForms are the phrases that repeat, folded; the first group is a number where there is one.
var ruleForms = []struct {
	form *regexp.Regexp
	unit ruleUnit
	n    int // 0: the first group
}{
	{regexp.MustCompile(`^(?:jeden werktag|jeden arbeitstag|werktags|taglich|jeden tag|every working day|every workday|every weekday|every day|daily)$`), everyWorkday, 1},
	{regexp.MustCompile(`^(?:jede woche|wochentlich|every week|weekly)$`), everyWeek, 1},
	{regexp.MustCompile(`^(?:alle|every) (\w+) (?:wochen|weeks)$|^every (other) week$`), everyWeek, 0},
	{regexp.MustCompile(`^(?:jeden monat|monatlich|every month|monthly)$`), everyMonth, 1},
	{regexp.MustCompile(`^(?:jedes quartal|quartalsweise|every quarter|quarterly)$`), everyMonth, 3},
	{regexp.MustCompile(`^(?:jedes jahr|jahrlich|every year|yearly)$`), everyMonth, 12},
}

// onDay is the day of the month in "monatlich am 1." and "monthly on the 1st".
var onDay = regexp.MustCompile(`^(.+?) (?:am|on the) (\d{1,2})(?:\.|st|nd|rd|th)?$`)

// fewNumbers are the numbers that people write out.
var fewNumbers = map[string]int{"zwei": 2, "two": 2, "other": 2, "drei": 3, "three": 3, "vier": 4, "four": 4, "sechs": 6, "six": 6}

// parseRule reads a phrase that repeats and returns the first day of the series after today; false for anything else.
func parseRule(text string, today when.Date, c *when.Calendar) (*Rule, when.Date, bool) {
	folded := foldVerb(text)
	for day, names := range weekdayNames {
		for _, name := range names {
			if folded == foldVerb("jeden "+name) || folded == foldVerb("every "+name) || folded == foldVerb(name+"s") {
				ahead := (day - int(today.Weekday()) + 6) % 7
				first := today.AddDays(ahead + 1)
				return &Rule{everyWeek, 1, first.String()}, first, true
			}
		}
	}
	day := 0
	if m := onDay.FindStringSubmatch(strings.ToLower(strings.Join(strings.Fields(text), " "))); m != nil {
		folded = foldVerb(m[1])
		day, _ = strconv.Atoi(m[2])
	}
	for _, row := range ruleForms {
		m := row.form.FindStringSubmatch(folded)
		if m == nil || day > 0 && (row.unit != everyMonth || row.n != 1) || day > 31 {
			continue
		}
		rule := &Rule{row.unit, row.n, today.String()}
		if row.n == 0 {
			word := m[1] + m[2]
			if rule.N = fewNumbers[word]; rule.N == 0 {
				rule.N, _ = strconv.Atoi(word)
			}
			if rule.N < 1 || rule.N > 52 {
				return nil, when.Date{}, false
			}
		}
		if day > 0 {
			rule.From = when.Date{Year: today.Year - 1, Month: time.December, Day: day}.String() // a month that has every day
		}
		return rule, rule.after(today, c), true
	}
	return nil, when.Date{}, false
}

// cutRule cuts a phrase that repeats from the end of a title: "Newsletter jeden Montag".
func cutRule(title string, today when.Date, c *when.Calendar) (rest string, rule *Rule, first when.Date) {
	const most = 5 // words of such a phrase
	fields := strings.Fields(title)
	for n := min(most, len(fields)-1); n > 0; n-- {
		tail := strings.Join(fields[len(fields)-n:], " ")
		if rule, first, ok := parseRule(tail, today, c); ok {
			return strings.Join(fields[:len(fields)-n], " "), rule, first
		}
	}
	return title, nil, when.Date{}
}

// after is the first day of the series after a day.
func (r *Rule) after(d when.Date, c *when.Calendar) when.Date {
	from, _ := when.ParseDate(r.From) // written by String
	switch r.Unit {
	case everyWorkday:
		return c.NextWorkday(d)
	case everyWeek:
		step := 7 * r.N
		gone := from.DaysUntil(d)
		if gone < 0 {
			return from
		}
		return from.AddDays((gone/step + 1) * step)
	}
	months := (d.Year-from.Year)*12 + int(d.Month) - int(from.Month)
	for n := max(0, months/r.N*r.N); ; n += r.N {
		if next := from.AddMonths(n); d.Before(next) {
			return next
		}
	}
}

// text says how often, such as "jeden Montag".
func (r *Rule) text() say.Text {
	from, _ := when.ParseDate(r.From) // written by String
	switch {
	case r.Unit == everyWorkday:
		return say.T("jeden Werktag", "every working day")
	case r.Unit == everyWeek && r.N == 1:
		names := weekdayNames[from.Weekday()]
		return say.T("jeden "+title(names[0]), "every "+title(names[1]))
	case r.Unit == everyWeek:
		return say.T("alle {n} Wochen", "every {n} weeks").With("n", r.N)
	case r.N == 12:
		return say.T("jedes Jahr", "every year")
	case r.N == 3:
		return say.T("jedes Quartal", "every quarter")
	}
	return say.T("monatlich am {n}.", "monthly on day {n}").With("n", from.Day)
}

func title(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

// rolls reports whether the next one of the series is still to be made.
func (m *Milestone) rolls() bool { return m.Rule != nil && m.Next == 0 && m.unfinished() }

// rollsAt is when the next one is made though this one is not done: when its day is over.
func rollsAt(m *Milestone, zone *time.Location) time.Time {
	return when.At(m.date().AddDays(1), 0, zone)
}

// roll makes the next milestone of a series. What lies before today was missed for good: nobody needs five reports of
// last week. The next one goes on where this one stands: same people, same wish for quiet.
func (r *Request) roll(m *Milestone) (*Milestone, error) {
	zone, err := r.books.ownerZone(m)
	if err != nil {
		return nil, err
	}
	last := when.DateOf(r.Now.In(zone)).AddDays(-1)
	if last.Before(m.date()) {
		last = m.date()
	}
	n, err := r.Tx.Number("M")
	if err != nil {
		return nil, err
	}
	next := &Milestone{
		ID: n, Title: m.Title, Day: m.Rule.after(last, r.bot.calendar).String(), Clock: m.Clock, Owner: m.Owner, Deputy: m.Deputy,
		Setter: m.Setter, At: r.Now, State: MilestoneOpen, Rule: m.Rule, Quiet: m.Quiet, Prev: m.ID,
	}
	m.Next = n
	return next, r.keepMilestone(next, true)
}
