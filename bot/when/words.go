package when

import (
	"strings"
	"sync"

	"standleitung/bot/say"
)

// language is a set of languages.
type language uint8

const (
	german language = 1 << iota
	english
	both = german | english
)

func languageOf(l say.Language) language {
	switch l {
	case say.German:
		return german
	case say.English:
		return english
	}
	return both
}

// kind is what a word can be in a date.
type kind uint8

const (
	kWeekday   kind = iota + 1 // n: time.Weekday
	kShortDay                  // n: time.Weekday; an abbreviation that is a word by itself: so, do, sat
	kEachDay                   // n: time.Weekday; "montags"
	kMonth                     // n: time.Month
	kNear                      // n: days from today
	kNow                       // "jetzt"
	kPart                      // n: index of parts
	kUnit                      // n: unit
	kNumber                    // n
	kOrdinal                   // n: "dritter"
	kFew                       // "ein paar"
	kHalf                      // "halb"
	kQuarter                   // "viertel"
	kThree                     // "dreiviertel"
	kOneHalf                   // n: whole units; "anderthalb"
	kHalfUnit                  // n: minutes; "Viertelstunde"
	kThis                      // "diesen"
	kComing                    // "kommenden"
	kNext                      // "nächsten"
	kAfterNext                 // "übernächsten"
	kLast                      // "letzten"
	kEvery                     // "jeden"
	kBegin                     // "Anfang"
	kMiddle                    // "Mitte"
	kEnd                       // "Ende"
	kEarly                     // "früh", of spans and of parts of the day
	kLate                      // "spät"
	kBeginOf                   // n: unit; "Monatsanfang"
	kMiddleOf                  // n: unit
	kEndOf                     // n: unit
	kWeekNo                    // "KW"
	kUhr                       // "Uhr"
	kOclock                    // "o'clock"
	kMeridiem                  // n: 0 am, 12 pm
	kClockAt                   // "um", "at": an hour follows
	kAbout                     // "gegen", "bis": an hour may follow
	kIn                        // "in"
	kWithin                    // "binnen"
	kBefore                    // "vor"
	kAfter                     // "nach"
	kFrom                      // "from", in "a week from Friday"
	kAgo                       // "ago"
	kAnd                       // "und"
	kOr                        // "oder"
	kUntil                     // "bis", between two ends of a span
	kBetween                   // "zwischen"
	kFill                      // says nothing: "am", "the"
	kTail                      // may follow a date: "bitte", "sharp"
	kZone                      // n: minutes east of UTC
)

// sense is one meaning of a word.
type sense struct {
	kind kind
	n    int
	lang language
}

// unit is a length of time.
type unit int

const (
	minutes unit = iota
	hours
	days
	workdays
	weeks
	weekends
	fortnights
	months
	quarters
	years
)

// dictionary is built once, on first use, and then only read.
type dictionary struct {
	words map[string][]sense
	names []string // weekdays, months and near days of six letters and more, which typing errors are compared with
}

var lexicon = sync.OnceValue(buildLexicon)

// sensesOf returns what a folded word means in the languages; nil when nothing.
func sensesOf(word string, lang language) []sense {
	all := lexicon().words[word]
	var out []sense
	for i, s := range all {
		if s.lang&lang != 0 {
			out = append(out, s)
		} else if out == nil && i == 0 && len(all) == 1 {
			return nil
		}
	}
	return out
}

func buildLexicon() dictionary {
	d := dictionary{words: map[string][]sense{}}
	for _, row := range vocabulary {
		for i, group := range strings.Split(row.words, ";") {
			for word := range strings.FieldsSeq(group) {
				d.add(word, sense{row.kind, row.from + i*row.step, row.lang})
			}
		}
	}
	d.addNumbers()
	return d
}

// add enters a word folded, and once more with its umlauts written without their dots, as many type them.
func (d *dictionary) add(word string, s sense) {
	for i, form := range []string{umlauts.Replace(word), undotted.Replace(word)} {
		if i == 1 && form == word {
			break
		}
		d.words[form] = append(d.words[form], s)
		if len(form) >= 6 && (s.kind == kWeekday || s.kind == kMonth || s.kind == kNear) {
			d.names = append(d.names, form)
		}
	}
}

var undotted = strings.NewReplacer("ä", "a", "ö", "o", "ü", "u", "ß", "ss")

// addNumbers enters cardinals to 59 and ordinals to 31 in words.
func (d *dictionary) addNumbers() {
	deTens := strings.Fields("- - zwanzig dreißig vierzig fünfzig")
	enTens := strings.Fields("- - twenty thirty forty fifty")
	for n := range 60 {
		inGerman, inEnglish := deTens[n/10], enTens[n/10]
		switch {
		case n < 20:
			inGerman, inEnglish = deOnes[n], enOnes[n]
		case n%10 > 0:
			inGerman, inEnglish = deOnes[n%10]+"und"+inGerman, inEnglish+enOnes[n%10]
		}
		if n != 1 {
			d.add(inGerman, sense{kNumber, n, german})
		}
		if n > 1 && n <= 12 && n != 8 {
			d.add(inGerman+"e", sense{kNumber, n, german}) // "um fünfe"
		}
		d.add(inEnglish, sense{kNumber, n, english})
	}
	for n := 1; n <= 31; n++ {
		d.addOrdinal(n, deTens)
	}
	for i, w := range enOrdinals {
		d.add(w, sense{kOrdinal, i + 1, english})
	}
}

// addOrdinal enters a German ordinal with its endings.
func (d *dictionary) addOrdinal(n int, tens []string) {
	stem := tens[n/10] + "st"
	switch {
	case n == 1:
		stem = "erst"
	case n == 3:
		stem = "dritt"
	case n == 7:
		stem = "siebt"
	case n == 8:
		stem = "acht"
	case n < 20:
		stem = deOnes[n] + "t"
	case n%10 > 0:
		stem = deOnes[n%10] + "und" + stem
	}
	for _, ending := range []string{"e", "en", "er", "es", "em"} {
		d.add(stem+ending, sense{kOrdinal, n, german})
	}
}
