package bot

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"standleitung/bot/say"
)

// helpCommands explain the others, from their own rows.
func helpCommands() []Command {
	return []Command{
		{
			Name: "help", DE: []string{"hilfe"}, EN: []string{"help"}, Roles: Everyone,
			Args:  []Arg{{Name: "verb", Kind: ArgLine, Free: true, Max: 60, Label: say.T("Wozu?", "With what?")}},
			Daily: 9, Label: say.T("Hilfe", "Help"), Offer: say.T("Hilfe", "Help"),
			Help:    say.T("Was ich kann; mit einem Wort dahinter mehr dazu, mit „alles“ die ganze Liste.", "What I can do; with a word behind it more about that, with “all” the whole list."),
			Example: say.T("hilfe thema", "help topic"), Run: runHelp,
		},
	}
}

func runHelp(_ context.Context, r *Request) ([]Reply, error) {
	word := foldVerb(r.Text("verb"))
	if word == "" || word == foldVerb("alles") || word == "all" {
		return []Reply{{To: Asker, Card: r.bot.helpList(r.Person, word != "")}}, nil
	}
	rows := r.bot.commands.byVerb[word]
	if len(rows) == 0 {
		near, _ := r.bot.commands.nearest(word, r.Person, 3)
		return nil, &Error{
			Code: NotFound, Text: say.T("„{text}“ kenne ich nicht. Nichts geändert.", "I don't know “{text}”. Nothing changed."),
			Args: []any{"text", shorten(r.Text("verb"), 30)}, Buttons: func(v say.Voice) (buttons []Button) {
				for _, row := range near {
					buttons = append(buttons, Button{Label: row.verb(v.Language), Do: r.Command.do(row.verb(v.Language))})
				}
				return buttons
			},
		}
	}
	return []Reply{{To: Asker, Card: func(v say.Voice) Card {
		var card Card
		for _, row := range rows {
			card = helpCard(row, r.Person, v)
		}
		return card
	}}}, nil
}

// helpList shows what a person can do: the verbs of the day, or all.
func (b *Bot) helpList(who *Person, all bool) Voiced {
	return func(v say.Voice) Card {
		var rows []*Command
		for i := range b.commands.rows {
			row := &b.commands.rows[i]
			if row.verb(v.Language) != "" && who.Is(row.Roles) && (all || row.Daily > 0) {
				rows = append(rows, row)
			}
		}
		if !all {
			slices.SortStableFunc(rows, func(a, b *Command) int { return cmp.Compare(a.Daily, b.Daily) })
		}
		card := Card{
			Title:   say.T("Das kann ich für {Sie|dich} tun", "This is what I can do for you").In(v),
			Preview: textPreviewAnswer.In(v),
		}
		for _, row := range rows {
			card.Items = append(card.Items, Item{Text: row.Example.In(v), Meta: row.Help.In(v)})
		}
		if !all {
			help := b.commands.byName["help"]
			card.Buttons = []Button{
				{Label: say.T("Alles zeigen", "Show everything").In(v), Do: help.do(say.T("alles", "all").In(v))},
			}
			card.Note = say.T("In Räumen beginnt ein Befehl mit / oder mit @Standleitung, hier genügt das Wort.",
				"In rooms a command begins with / or @Standleitung; here the word alone will do.").In(v)
		}
		return card
	}
}

// helpCard explains one command.
func helpCard(row *Command, who *Person, v say.Voice) Card {
	verbs := row.DE
	if v.Language == say.English {
		verbs = row.EN
	}
	card := Card{
		Title: row.Label.In(v), Text: row.Help.In(v),
		Facts:   []Fact{{say.T("So geht es", "Like this").In(v), row.Example.In(v)}},
		Preview: textPreviewAnswer.In(v),
	}
	if len(verbs) > 1 {
		card.Facts = append(card.Facts, Fact{say.T("Auch", "Also").In(v), strings.Join(verbs[1:], ", ")})
	}
	for _, a := range row.Args {
		if a.DE != "" && a.EN != "" {
			card.Facts = append(card.Facts, Fact{a.key(v.Language), a.Label.In(v)})
		}
	}
	switch {
	case !who.Is(row.Roles):
		card.Note = say.T("{Sie dürfen|Du darfst} das nicht; es ist eine Sache von: {who}.", "This is not yours to do; it is up to: {who}.").In(v, "who", row.Roles.Say(v))
	case row.hasForm():
		card.Buttons = []Button{{Label: row.Label.In(v), Do: row.do(), Primary: true}}
	}
	return card
}

// hasForm reports whether the command opens a form when it comes without anything.
func (c *Command) hasForm() bool { return c.On == "" && c.missing(nil) != nil }

// runGreet is the first contact: who I am, what I read and what not, three buttons for the person's role.
func runGreet(_ context.Context, r *Request) ([]Reply, error) {
	if r.Person.Greeted {
		return nil, nil
	}
	r.Person.Greeted = true
	if err := people.Put(r.Tx, r.Person); err != nil {
		return nil, err
	}
	return []Reply{{To: Asker, Card: func(v say.Voice) Card {
		card := Card{
			Title: say.T("Willkommen an der Standleitung", "Welcome to Standleitung").In(v),
			Text: say.T("Ich sammle Themen und sage {Ihnen|dir}, was daraus wird. {reads}", "I collect topics and tell you what becomes of them. {reads}").
				In(v, "reads", r.bot.reads()),
			Preview: say.T("Standleitung stellt sich vor", "Standleitung says hello").In(v),
		}
		for _, name := range r.bot.firstCommands(r.Person) {
			row := r.bot.commands.byName[name]
			card.Buttons = append(card.Buttons, Button{Label: row.Label.In(v), Do: row.do(), Primary: len(card.Buttons) == 0})
		}
		return card
	}}}, nil
}

// reads says what the bot reads, and what it does not.
func (b *Bot) reads() say.Text {
	if len(b.lines) == 0 {
		return say.T("Ich lese nur, was hier steht oder an mich gerichtet ist, sonst nichts.", "I read only what is written here or meant for me, nothing else.")
	}
	return say.T("Ich lese, was hier steht oder an mich gerichtet ist, und trage weiter, was in den Räumen einer Leitung geschrieben wird. Sonst lese ich nichts.",
		"I read what is written here or meant for me, and carry on what is written in the rooms of a line. I read nothing else.")
}

// firstCommands are the three commands to begin with.
func (b *Bot) firstCommands(who *Person) []string {
	if who.Is(Lead) {
		return []string{"topics.list", "topic.suggest", "help"}
	}
	return []string{"topic.suggest", "topics.list", "help"}
}
