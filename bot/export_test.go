package bot

import "context"

// Doors for the tests of this folder only.

// Clean is clean.
var Clean = clean

// Add adds a command to the table of one bot.
func (b *Bot) Add(c Command) error {
	rows, err := newCommands(append(b.commands.rows, c))
	b.commands = rows
	return err
}

// Parsed is what the grammar made of a text.
type Parsed struct {
	Command, Surplus, Unknown string
	Args                      map[string]string
	Themes                    []string
}

// Parse reads a text by the grammar of the command table.
func Parse(text string) Parsed {
	c, err := newCommands(commandTable())
	if err != nil {
		panic(err)
	}
	p := c.parse(clean(text))
	out := Parsed{Surplus: p.surplus, Unknown: p.unknown, Args: p.args, Themes: p.themes}
	if p.row != nil {
		out.Command = p.row.Name
	}
	return out
}

// Table is the command table.
func Table() []Command { return commandTable() }

// CheckTable reports what newCommands thinks of rows.
func CheckTable(rows []Command) error {
	_, err := newCommands(rows)
	return err
}

// The kinds of records.
var (
	Posts     = posts
	People    = people
	Topics    = topics
	Crossings = crossings
	Approvals = approvals
	Flags     = flags
)

// FireDue runs the timers that are due.
func (b *Bot) FireDue(ctx context.Context) error {
	_, err := b.fireDue(ctx)
	return err
}

// Seal seals the log.
func (b *Bot) Seal(ctx context.Context) error { return b.seal(ctx) }

// Forget forgets what is past its time.
func (b *Bot) Forget(ctx context.Context) error { return b.forgetAll(ctx) }

// Untold are the jobs for which the log has no words.
func Untold() (names []string) {
	for name := range jobTable() {
		if _, ok := jobTexts[name]; !ok {
			names = append(names, name)
		}
	}
	return names
}

// StoredKinds are the stored names in the table of kinds.
func StoredKinds() (names []string) {
	for name := range kindRows() {
		names = append(names, name)
	}
	return names
}

// DeliveryOf is what is delivered for a row, after what stands in its way was dealt with.
func (b *Bot) DeliveryOf(ctx context.Context, row Row) (Delivery, error) { return b.settled(ctx, row) }

// NoteSent notes that a row was delivered in a revision; 0 for one that was not to be delivered any more.
func (b *Bot) NoteSent(tx Tx, row Row, revision int, id string) error {
	return b.note(tx, result{row: row, revision: revision, gone: revision == 0, sent: Sent{IDs: []string{id}}})
}

// ReadEmoji is readEmoji.
var ReadEmoji = readEmoji
