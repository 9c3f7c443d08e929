package bot

import (
	"slices"
	"strings"

	"standleitung/bot/say"
)

// Slash is a slash command of its own, for platforms that have them.
type Slash struct {
	// Command is what people type, such as "/thema".
	Command string
	// Verb is what it stands for: the verb that it is itself, such as "thema", else the row's first German one.
	Verb string
	// Help says what it does.
	Help say.Text

	row *Command
}

// Hint shows words that may stand behind it, from the command's example; empty for none.
func (s Slash) Hint(v say.Voice) string {
	if s.row == nil {
		return ""
	}
	example := s.row.Example.In(v)
	for _, verb := range slices.Concat(s.row.DE, s.row.EN) {
		if rest, ok := strings.CutPrefix(example+" ", verb+" "); ok {
			return strings.TrimSpace(rest)
		}
	}
	return example
}

// Slashes are the slash commands of the table, in its order.
func Slashes() []Slash {
	var all []Slash
	rows := commandTable()
	for i := range rows {
		row := &rows[i]
		if row.Slash == "" {
			continue
		}
		verb := row.DE[0]
		if own := row.Slash[1:]; slices.Contains(row.DE, own) {
			verb = own
		}
		all = append(all, Slash{Command: row.Slash, Verb: verb, Help: row.Help, row: row})
	}
	return all
}

// HomeCard is what a platform shows where a person looks first, before anything was said: where to begin.
func HomeCard(v say.Voice) Card {
	card := Card{
		Title: say.T("Standleitung", "Standleitung").In(v),
		Text: say.T("Ich sammle Themen, sage {Ihnen|dir}, was daraus wird, und halte die Leitung zwischen den Räumen. Womit {möchten Sie|möchtest du} anfangen?",
			"I collect topics, tell you what becomes of them, and keep the line between the rooms. Where would you like to begin?").In(v),
		Preview: say.T("Standleitung", "Standleitung").In(v),
	}
	for _, row := range commandTable() {
		switch row.Name {
		case "topic.suggest", "topics.list", "lines.show", "person.who", "person.language", "person.address", "help":
			card.Buttons = append(card.Buttons, Button{Label: row.Label.In(v), Do: row.do(), Primary: row.Name == "topic.suggest"})
		}
	}
	return card
}
