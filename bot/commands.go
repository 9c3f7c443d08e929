package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"standleitung/bot/say"
	"standleitung/bot/words"
)

// Command is one row of the table of commands. Parser, help, forms, buttons and the platforms' command lists all
// read the same rows.
type Command struct {
	// Name is the canonical name, used in buttons and forms: stable for ever, because cards live for months.
	Name string
	// DE and EN are the verbs, the one that help shows first. A verb may have several words. Empty for a command
	// that only buttons reach.
	DE, EN []string
	// On is the prefix of the references that the verb works on ("T"); the same verb may have another row for
	// another prefix. Empty for a verb that takes none.
	On string
	// Roles may run the command; checked when it happens. The zero value admits nobody.
	Roles Roles
	Args  []Arg
	// Private refuses the command in a room, where others would read its arguments.
	Private bool
	// Form opens the form when nothing but the reference was given, though no argument is required.
	Form bool
	// Slash is a slash command of its own where a platform has them, such as "/thema": ASCII, and none of Slack's. Empty for
	// a command that is reached behind /standleitung only.
	Slash string
	// Daily orders the verbs that help shows first, from 1; 0 for all others.
	Daily int
	// Label is what a button for the command says, and the title of its form.
	Label say.Text
	// Offer is set on commands that a text without a verb could be meant for: the button's label.
	Offer say.Text
	Help  say.Text
	// Example is a whole command as a person would type it.
	Example say.Text
	// Now, when not nil, tells what the arguments are at present, for the form of a command that changes something.
	Now func(r *Request) (map[string]string, error)
	// Look, when not nil, reads what Run will need, on a snapshot before the unit of work and at the same time as
	// others: what is costly and may be a moment old belongs here. It puts it into Request.Found.
	Look func(ctx context.Context, r *Request) error
	// Run does it: it touches nothing but r.Tx and returns what is to be said. It may run more than once.
	Run func(ctx context.Context, r *Request) ([]Reply, error)
}

// Arg is an argument of a command, given by position, by key, or in a form.
type Arg struct {
	Name string
	Kind ArgKind
	// DE and EN are the keys by which it is given ("bis", "until"); both empty when only by position.
	DE, EN string
	// Free arguments take what stands without a key; at most one of each kind of a command.
	Free     bool
	Required bool
	// Label names it in forms and faults.
	Label say.Text
	Hint  say.Text
	// Max is the most characters of a text; 0 means maxText.
	Max int
	// On is the prefix of an ArgRef.
	On string
	// Carried keeps it out of forms: what was given travels in the form's action, by its English key.
	Carried bool
}

// ArgKind is the kind of an argument.
type ArgKind string

// The kinds of argument.
const (
	ArgText ArgKind = "text" // several words
	ArgLine ArgKind = "line" // several words, one line in a form
	ArgRef  ArgKind = "ref"  // a reference such as T-41
	ArgDate ArgKind = "date" // a day as people say it
	ArgWord ArgKind = "word" // one word

	ArgShift ArgKind = "shift" // a distance on the calendar, such as +2d
)

// Request is one command on its way through its handler.
type Request struct {
	// Tx is the unit of work; in Look it is nil.
	Tx Tx
	// Reader is the snapshot in Look, the unit of work in Run.
	Reader  Reader
	Now     time.Time
	Person  *Person
	Voice   say.Voice // how the person is spoken to
	Message *Message
	Command *Command
	// Found is what Look prepared.
	Found any
	// also are replies that come up while something else is done.
	also []Reply

	args   map[string]string
	themes []string
	bot    *Bot
	books  *books
}

// Text returns an argument as it was given, or "".
func (r *Request) Text(name string) string { return r.args[name] }

// Has reports whether an argument was given.
func (r *Request) Has(name string) bool { return r.args[name] != "" }

// Themes are the #themes that were given, without the sign, in lower case, each once.
func (r *Request) Themes() []string { return r.themes }

// Ref returns the number of a reference; its form was checked by the gate.
func (r *Request) Ref(name string) uint64 {
	_, n, _ := parseRef(r.args[name])
	return n
}

// commandTable is every command of the program. There is no other registration.
func commandTable() []Command {
	return slices.Concat(
		topicCommands(), heldTopicCommands(),
		lineCommands(), undeliverableCommands(), roomCommands(), approvalCommands(),
		flagCommands(), recheckCommands(), mayCommands(),
		milestoneCommands(), briefingCommands(), absenceCommands(),
		settingCommands(), linkCommands(), logCommands(), helpCommands(),
	)
}

// commands is the table with its look-ups.
type commands struct {
	rows   []Command
	byName map[string]*Command
	// byVerb finds the rows of a folded verb in either language; several when they work on different references.
	byVerb map[string][]*Command
	// longest is the most words that a verb has.
	longest int
}

func newCommands(rows []Command) (*commands, error) {
	c := &commands{rows: rows, byName: map[string]*Command{}, byVerb: map[string][]*Command{}}
	for i := range c.rows {
		row := &c.rows[i]
		if c.byName[row.Name] != nil {
			return nil, fmt.Errorf("two commands are named %q", row.Name)
		}
		c.byName[row.Name] = row
		for _, verb := range slices.Concat(row.DE, row.EN) {
			folded := foldVerb(verb)
			same := func(o *Command) bool { return o.On == row.On && o != row }
			if slices.ContainsFunc(c.byVerb[folded], same) {
				return nil, fmt.Errorf("the verb %q has two commands", verb)
			}
			if !slices.Contains(c.byVerb[folded], row) {
				c.byVerb[folded] = append(c.byVerb[folded], row)
			}
			c.longest = max(c.longest, len(strings.Fields(verb)))
		}
	}
	return c, nil
}

// foldVerb makes spellings of a verb equal: "Ändern", "aendern" and "andern".
func foldVerb(verb string) string {
	ws := strings.Fields(verb)
	for i, w := range ws {
		ws[i] = words.Fold(strings.TrimRight(w, ":,.!?"))
	}
	return strings.Join(ws, " ")
}

// verb is the first verb of the row in a language.
func (c *Command) verb(l say.Language) string {
	verbs := c.DE
	if l == say.English {
		verbs = c.EN
	}
	if len(verbs) == 0 {
		return ""
	}
	return verbs[0]
}

// key is the key of the argument in a language, or its name where it has none.
func (a Arg) key(l say.Language) string {
	if l == say.English {
		return cmp.Or(a.EN, a.Name)
	}
	return cmp.Or(a.DE, a.Name)
}

// do is the canonical form of a command, for buttons and forms.
func (c *Command) do(args ...string) string {
	return strings.Join(append([]string{c.Name}, args...), " ")
}

// nearest returns up to n commands for a mistyped word among those the person may run: first those with a verb that
// differs in few letters, then the verbs of the day. close is false when no verb is near.
func (c *commands) nearest(word string, who *Person, n int) (rows []*Command, close bool) {
	type hit struct {
		row  *Command
		away int
	}
	folded := foldVerb(word)
	var hits []hit
	for i := range c.rows {
		row := &c.rows[i]
		if !who.Is(row.Roles) || len(row.DE) == 0 {
			continue
		}
		away := longestVerb
		for _, verb := range slices.Concat(row.DE, row.EN) {
			away = min(away, distance(folded, foldVerb(verb)))
		}
		if away > tolerance(folded) {
			away = longestVerb + cmp.Or(row.Daily, len(c.rows))
		}
		hits = append(hits, hit{row, away})
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(a.away, b.away) })
	for _, h := range hits[:min(n, len(hits))] {
		rows = append(rows, h.row)
	}
	return rows, len(hits) > 0 && hits[0].away < longestVerb
}

// tolerance is how many letters of a word may be wrong for it to look like a verb.
func tolerance(word string) int {
	switch n := len([]rune(word)); {
	case n < 3:
		return 0
	case n < 6:
		return 1
	}
	return 2
}

// longestVerb bounds the length of a word that can be a mistyped verb, in bytes.
const longestVerb = 24

// distance counts the letters to insert, delete, change or swap with their neighbour to turn a into b
// (optimal string alignment).
func distance(a, b string) int {
	if len(a) > longestVerb || len(b) > longestVerb {
		return longestVerb
	}
	ra, rb := []rune(a), []rune(b)
	d := make([][]int, len(ra)+1)
	for i := range d {
		d[i] = make([]int, len(rb)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(ra); i++ {
		for j := 1; j <= len(rb); j++ {
			change := 1
			if ra[i-1] == rb[j-1] {
				change = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+change)
			if i > 1 && j > 1 && ra[i-1] == rb[j-2] && ra[i-2] == rb[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(ra)][len(rb)]
}

// CommandNames are the names of all commands, in the order of the table.
func CommandNames() []string {
	var names []string
	for _, row := range commandTable() {
		names = append(names, row.Name)
	}
	return names
}
