package when

import (
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/ch"
	"github.com/rickar/cal/v2/cz"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/fr"
	"github.com/rickar/cal/v2/nl"
	"github.com/rickar/cal/v2/pl"
)

// regions returns the library's rules by region. Germany, Austria and Zürich are tested day by day; the other cantons
// and the neighbours are the library's word.
func regions() map[string][]*cal.Holiday {
	return map[string][]*cal.Holiday{
		"AT": at.Holidays, "BE": be.Holidays, "CZ": cz.Holidays, "DK": dk.Holidays, "FR": fr.Holidays, "NL": nl.Holidays, "PL": pl.Holidays,

		"DE":    de.Holidays,
		"DE-BW": de.HolidaysBW, "DE-BY": de.HolidaysBY, "DE-BE": de.HolidaysBE, "DE-BB": de.HolidaysBB,
		"DE-HB": de.HolidaysHB, "DE-HH": de.HolidaysHH, "DE-HE": de.HolidaysHE, "DE-MV": de.HolidaysMV,
		"DE-NI": de.HolidaysNI, "DE-NW": de.HolidaysNW, "DE-RP": de.HolidaysRP, "DE-SL": de.HolidaysSL,
		"DE-SN": de.HolidaysSN, "DE-ST": de.HolidaysST, "DE-SH": de.HolidaysSH, "DE-TH": de.HolidaysTH,

		"CH":    ch.Holidays,
		"CH-AG": ch.HolidaysAG, "CH-AI": ch.HolidaysAI, "CH-AR": ch.HolidaysAR, "CH-BE": ch.HolidaysBE,
		"CH-BL": ch.HolidaysBL, "CH-BS": ch.HolidaysBS, "CH-FR": ch.HolidaysFR, "CH-GE": ch.HolidaysGE,
		"CH-GL": ch.HolidaysGL, "CH-GR": ch.HolidaysGR, "CH-JU": ch.HolidaysJU, "CH-LU": ch.HolidaysLU,
		"CH-NE": ch.HolidaysNE, "CH-NW": ch.HolidaysNW, "CH-OW": ch.HolidaysOW, "CH-SG": ch.HolidaysSG,
		"CH-SH": ch.HolidaysSH, "CH-SO": ch.HolidaysSO, "CH-SZ": ch.HolidaysSZ, "CH-TG": ch.HolidaysTG,
		"CH-TI": ch.HolidaysTI, "CH-UR": ch.HolidaysUR, "CH-VD": ch.HolidaysVD, "CH-VS": ch.HolidaysVS,
		"CH-ZG": ch.HolidaysZG, "CH-ZH": ch.HolidaysZH,
	}
}

// fix is what the library, last released in April 2023, does not know.
type fix struct {
	region string
	name   string     // empty: no holiday any more
	month  time.Month // 0: counted from Easter Sunday
	day    int        // of the month, or days from Easter Sunday
	from   int        // first year
	to     int        // last year; 0: for good
}

var corrections = []fix{
	{region: "DE-MV", name: "Frauentag", month: time.March, day: 8, from: 2023},
	{region: "DE-BB", name: "Ostersonntag", day: 0},
	{region: "DE-BB", name: "Pfingstsonntag", day: 49},
	{region: "DE-BE", name: "75. Jahrestag des 17. Juni 1953", month: time.June, day: 17, from: 2028, to: 2028},
	{region: "DK", name: "", day: 26, from: 2024}, // store bededag
	{region: "PL", name: "Wigilia", month: time.December, day: 24, from: 2025},
}

func (f fix) on(d Date) bool {
	if d.Year < f.from || f.to != 0 && d.Year > f.to {
		return false
	}
	if f.month == 0 {
		return easter(d.Year).AddDays(f.day) == d
	}
	return d.Month == f.month && d.Day == f.day
}
