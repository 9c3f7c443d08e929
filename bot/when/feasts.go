package when

import (
	"strings"
	"time"
)

// feast is a day that people call by its name. It is a date like any other here; whether work rests is the
// [Calendar]'s business.
type feast struct {
	names  string // folded like the text: words parted by blanks, names by ";"
	lang   language
	month  time.Month // fixed date; 0: counted from Easter Sunday
	day    int        // day of the month, or days from Easter Sunday
	sunday int        // > 0: the Sunday that many Sundays before month/day or on it; -1: the first one on or after it
	shift  int        // days from the day that the other fields name
}

// christmasEve is what the Sundays of Advent and those of November count back from.
const christmasEve = 24

var feasts = []feast{
	{names: "neujahr;neujahrstag;jahreswechsel", lang: german, month: 1, day: 1},
	{names: "new years day;new year;new years", lang: english, month: 1, day: 1},
	{names: "heilige drei koenige;heilig drei koenig;dreikoenig;dreikoenigstag", lang: german, month: 1, day: 6},
	{names: "epiphany", lang: english, month: 1, day: 6},
	{names: "valentinstag", lang: german, month: 2, day: 14},
	{names: "valentines day;valentines", lang: english, month: 2, day: 14},
	{names: "weiberfastnacht;altweiber", lang: german, day: -52},
	{names: "rosenmontag", lang: german, day: -48},
	{names: "faschingsdienstag;veilchendienstag", lang: german, day: -47},
	{names: "aschermittwoch", lang: german, day: -46},
	{names: "ash wednesday", lang: english, day: -46},
	{names: "frauentag;weltfrauentag", lang: german, month: 3, day: 8},
	{names: "womens day;international womens day", lang: english, month: 3, day: 8},
	{names: "palmsonntag", lang: german, day: -7},
	{names: "gruendonnerstag", lang: german, day: -3},
	{names: "maundy thursday", lang: english, day: -3},
	{names: "karfreitag", lang: german, day: -2},
	{names: "good friday", lang: english, day: -2},
	{names: "karsamstag;ostersamstag", lang: german, day: -1},
	{names: "ostern;ostersonntag", lang: german, day: 0},
	{names: "easter;easter sunday", lang: english, day: 0},
	{names: "ostermontag", lang: german, day: 1},
	{names: "easter monday", lang: english, day: 1},
	{names: "walpurgisnacht", lang: german, month: 4, day: 30},
	{names: "tag der arbeit;maifeiertag", lang: german, month: 5, day: 1},
	{names: "labour day;may day", lang: english, month: 5, day: 1},
	{names: "muttertag", lang: german, month: 5, day: 8, sunday: -1},
	{names: "himmelfahrt;christi himmelfahrt;vatertag", lang: german, day: 39},
	{names: "ascension day;ascension", lang: english, day: 39},
	{names: "pfingsten;pfingstsonntag", lang: german, day: 49},
	{names: "pentecost;whit sunday;whitsun", lang: english, day: 49},
	{names: "pfingstmontag", lang: german, day: 50},
	{names: "whit monday;pentecost monday", lang: english, day: 50},
	{names: "fronleichnam", lang: german, day: 60},
	{names: "corpus christi", lang: english, day: 60},
	{names: "bundesfeier;bundesfeiertag", lang: german, month: 8, day: 1},
	{names: "mariae himmelfahrt;maria himmelfahrt", lang: german, month: 8, day: 15},
	{names: "assumption day", lang: english, month: 8, day: 15},
	{names: "weltkindertag", lang: german, month: 9, day: 20},
	{names: "tag der deutschen einheit;tag der einheit", lang: german, month: 10, day: 3},
	{names: "german unity day;day of german unity", lang: english, month: 10, day: 3},
	{names: "nationalfeiertag", lang: german, month: 10, day: 26},
	{names: "reformationstag", lang: german, month: 10, day: 31},
	{names: "reformation day", lang: english, month: 10, day: 31},
	{names: "halloween", lang: both, month: 10, day: 31},
	{names: "allerheiligen", lang: german, month: 11, day: 1},
	{names: "all saints day;all saints", lang: english, month: 11, day: 1},
	{names: "sankt martin;st martin;martinstag", lang: german, month: 11, day: 11},
	{names: "volkstrauertag", lang: german, month: 12, day: christmasEve, sunday: 6},
	{names: "buss und bettag", lang: german, month: 12, day: christmasEve, sunday: 5, shift: -4},
	{names: "totensonntag;ewigkeitssonntag", lang: german, month: 12, day: christmasEve, sunday: 5},
	{names: "thanksgiving", lang: english, month: 11, day: 18, sunday: -1, shift: 4},
	{names: "black friday", lang: both, month: 11, day: 18, sunday: -1, shift: 5},
	{names: "cyber monday", lang: both, month: 11, day: 18, sunday: -1, shift: 8},
	{names: "1 advent;erster advent;ersten advent", lang: german, month: 12, day: christmasEve, sunday: 4},
	{names: "2 advent;zweiter advent;zweiten advent", lang: german, month: 12, day: christmasEve, sunday: 3},
	{names: "3 advent;dritter advent;dritten advent", lang: german, month: 12, day: christmasEve, sunday: 2},
	{names: "4 advent;vierter advent;vierten advent", lang: german, month: 12, day: christmasEve, sunday: 1},
	{names: "nikolaus;nikolaustag", lang: german, month: 12, day: 6},
	{names: "st nicholas day", lang: english, month: 12, day: 6},
	{names: "heiligabend;heilig abend;heiliger abend;heiligen abend", lang: german, month: 12, day: christmasEve},
	{names: "christmas eve;xmas eve", lang: english, month: 12, day: christmasEve},
	{names: "weihnachten;1 weihnachtstag;1 weihnachtsfeiertag;ersten weihnachtstag;erster weihnachtsfeiertag", lang: german, month: 12, day: 25},
	{names: "christmas;xmas;christmas day;xmas day", lang: english, month: 12, day: 25},
	{names: "2 weihnachtstag;2 weihnachtsfeiertag;zweiten weihnachtstag;zweiter weihnachtsfeiertag;stefanitag;stephanstag", lang: german, month: 12, day: 26},
	{names: "boxing day", lang: english, month: 12, day: 26},
	{names: "silvester;sylvester", lang: german, month: 12, day: 31},
	{names: "new years eve;nye", lang: english, month: 12, day: 31},
}

// in returns the feast's day in a year.
func (f *feast) in(year int) Date {
	if f.month == 0 {
		return easter(year).AddDays(f.day)
	}
	d := Date{year, f.month, f.day}
	weekday := int(d.Weekday())
	switch {
	case f.sunday > 0:
		d = d.AddDays(-weekday - 7*(f.sunday-1))
	case f.sunday < 0:
		d = d.AddDays((7 - weekday) % 7)
	}
	return d.AddDays(f.shift)
}

// easter returns Easter Sunday of the Gregorian calendar (Meeus, Jones, Butcher).
func easter(year int) Date {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	j, k := c/4, c%4
	m := (a + 11*h) / 319
	r := (2*e + 2*j - k - h + m + 32) % 7
	month := (h - m + r + 90) / 25
	return Date{year, time.Month(month), (h - m + r + month + 19) % 32}
}

// feastRule recognises a feast by its longest name.
func (g *grammar) feastRule(i int) []hit {
	var best hit
	if w, j := g.whichWord(i); w == whichThis || w == whichComing || w == whichNext {
		i = j // "next Easter" is the next one
	}
	for n := range feasts {
		f := &feasts[n]
		if f.lang&g.lang == 0 {
			continue
		}
		for name := range strings.SplitSeq(f.names, ";") {
			if end, ok := g.spelled(i, name); ok && end > best.end {
				best = hit{end: end, said: said{has: fFeast, feast: f, weak: true}}
			}
		}
	}
	if best.end == 0 {
		return nil
	}
	if year, end, ok := g.year(best.end); ok {
		best.end, best.said.year = end, year
	}
	return []hit{best}
}
