package bot

import (
	"cmp"
	"slices"

	"standleitung/bot/say"
)

// MenuEntry is a command as the menu of a platform shows it.
type MenuEntry struct {
	// Verb is what people type, in the reader's language.
	Verb say.Text
	// Help says what it does.
	Help say.Text
}

// Menu are the commands that a platform lists where people begin to type: those of every day first, then the others that
// have a verb in both languages and no reference before them, in the order of the table; at most n.
func Menu(n int) []MenuEntry {
	rows := slices.DeleteFunc(commandTable(), func(row Command) bool {
		return len(row.DE) == 0 || len(row.EN) == 0 || row.On != "" || row.Roles&Everyone == 0
	})
	slices.SortStableFunc(rows, func(a, b Command) int {
		return cmp.Or(cmp.Compare(min(a.Daily, 1), min(b.Daily, 1))*-1, cmp.Compare(a.Daily, b.Daily))
	})
	var all []MenuEntry
	for i := range rows[:min(n, len(rows))] {
		all = append(all, MenuEntry{Verb: say.T(rows[i].DE[0], rows[i].EN[0]), Help: rows[i].Help})
	}
	return all
}

// Asks reports whether pressing a button with an action opens a form, as far as the action alone tells. Platforms on which
// a dialog has to be announced before the press read it; an action that nobody knows opens none.
func Asks(do string) bool {
	name, rest := cutWord(do)
	rows := commandTable()
	i := slices.IndexFunc(rows, func(row Command) bool { return row.Name == name })
	if i < 0 {
		return false
	}
	row := &rows[i]
	p := parseArgs(row, rest)
	r := &Request{Command: row, args: p.args, themes: p.themes}
	return p.surplus == "" && (row.missing(p.args) != nil || row.Form && r.bare())
}
