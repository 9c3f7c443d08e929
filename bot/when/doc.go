// Package when understands dates as people write them in a chat, in German and in English, counts working days,
// and speaks dates back.
//
// # Reading
//
// A phrase becomes one of four things: a whole day, an instant, a question, or nothing. The rules:
//
//   - The future is preferred. "3.4." said in November is next April; nothing without an explicit year ever lies in
//     the past: "gestern", and "heute 9 Uhr" said at noon, are questions.
//   - The day stands before the month: 03/04/2027 is the third of April.
//   - A week without a day is its Monday (ISO 8601), its end is Friday, its middle Wednesday.
//   - A clock time without a day is the next one. "9 Uhr", "9:00" and "9am" mean that hour; "halb neun", "um 9", "half
//     past 8" and "at 9" leave the half of the day open: with a day it is the one between 7:00 and 18:59, alone it
//     is the next one between 7:00 and 21:59, because nobody plans for the night without saying so.
//   - A weekday is the next one after today. Working days count from tomorrow.
//   - Nothing is guessed that could be asked. "Nächsten Freitag" said before a Friday, a weekday that contradicts its
//     date, the 30th of February, a whole month, a span: the result carries a [Reason] and, where there are any, the
//     dates that could have been meant, so that a caller can offer them as buttons.
//   - A local time that daylight saving removes is the first instant after the gap, one that exists twice is its
//     first occurrence; see [At].
//
// # How it works
//
// Text is folded to plain lower-case letters, digits and signs, and cut into tokens, each looked up in one lexicon of
// both languages. Small rules, tried at every token, recognise parts ("Freitag", "nächster Woche", "halb drei", "in
// zwei Wochen", "Ende", "vor Weihnachten") and turn each into facts. A search puts parts together in any
// order as long as their facts are a known combination, and the cheapest reading wins; that is why unheard
// combinations work without a pattern of their own. Only then are the facts resolved against the clock and the
// calendar. Libraries were measured first: the best read about half of such phrases and silently dropped hours.
//
// Nothing here reads the wall clock, and all functions may be called concurrently.
package when
