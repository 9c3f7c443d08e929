package bot

import (
	"context"
	"strings"

	"standleitung/bot/say"
)

// settingCommands are what a person decides for themselves.
func settingCommands() []Command {
	return []Command{
		{
			Name: "person.who", DE: []string{"wer bin ich"}, EN: []string{"who am i", "whoami"}, Roles: Everyone,
			Label:   say.T("Wer bin ich?", "Who am I?"),
			Help:    say.T("Wie ich {Sie|dich} kenne und was {Sie dürfen|du darfst}.", "How I know you and what you may do."),
			Example: say.T("wer bin ich", "who am I"), Run: runWho,
		},
		{
			Name: "person.language", DE: []string{"sprache"}, EN: []string{"language"}, Roles: Everyone,
			Args:    []Arg{{Name: "language", Kind: ArgLine, Free: true, Required: true, Max: 20, Label: say.T("Deutsch oder English?", "Deutsch or English?")}},
			Label:   say.T("Sprache umstellen", "Change language"),
			Help:    say.T("In welcher Sprache ich {Ihnen|dir} antworte: de oder en.", "The language in which I answer you: de or en."),
			Example: say.T("sprache en", "language de"), Run: runLanguage,
		},
		{
			Name: "person.address", DE: []string{"anrede"}, EN: []string{"address"}, Roles: Everyone,
			Args:    []Arg{{Name: "address", Kind: ArgLine, Free: true, Required: true, Max: 20, Label: say.T("Sie oder du?", "Sie or du?")}},
			Label:   say.T("Anrede umstellen", "Change address"),
			Help:    say.T("Wie ich {Sie|dich} anrede: sie oder du.", "How I address you in German: sie or du."),
			Example: say.T("anrede du", "address du"), Run: runAddress,
		},
	}
}

var languages = map[string]say.Language{
	"de": say.German, "deutsch": say.German, "german": say.German,
	"en": say.English, "englisch": say.English, "english": say.English,
}

var languageNames = map[say.Language]say.Text{
	say.German:  say.T("Deutsch", "German"),
	say.English: say.T("Englisch", "English"),
}

// language is the language that the command names.
func (r *Request) language() (say.Language, error) {
	l, ok := languages[strings.ToLower(r.Text("language"))]
	if !ok {
		return "", &Error{Code: Invalid, Field: "language", Text: say.T("„{text}“ spreche ich nicht, nur de und en. Nichts geändert.",
			"I don't speak “{text}”, only de and en. Nothing changed."), Args: []any{"text", shorten(r.Text("language"), 20)}}
	}
	return l, nil
}

func runLanguage(_ context.Context, r *Request) ([]Reply, error) {
	l, err := r.language()
	if err != nil {
		return nil, err
	}
	return r.settle(func(v *say.Voice) { v.Language = l }, say.T("Gut: Ich antworte {Ihnen|dir} ab jetzt auf Deutsch.", "Right: I'll answer you in English from now on."))
}

func runAddress(_ context.Context, r *Request) ([]Reply, error) {
	a := say.Address(strings.ToLower(r.Text("address")))
	if a != say.Sie && a != say.Du {
		return nil, &Error{Code: Invalid, Field: "address", Text: say.T("„{text}“ kenne ich nicht, nur sie und du. Nichts geändert.",
			"I don't know “{text}”, only sie and du. Nothing changed."), Args: []any{"text", shorten(r.Text("address"), 20)}}
	}
	return r.settle(func(v *say.Voice) { v.Address = a }, say.T("Gut: Ich sage ab jetzt {Sie|du}.", "Right: in German I'll say {Sie|du} from now on."))
}

// settle changes how the person is spoken to, and says so in the new way.
func (r *Request) settle(change func(*say.Voice), done say.Text) ([]Reply, error) {
	change(&r.Person.Voice)
	if err := people.Put(r.Tx, r.Person); err != nil {
		return nil, err
	}
	v := r.Person.Speaks()
	return []Reply{{To: Asker, Card: func(say.Voice) Card {
		return Card{Text: done.In(v), Preview: textPreviewAnswer.In(v)}
	}}}, nil
}

func runWho(_ context.Context, r *Request) ([]Reply, error) {
	p := r.Person
	return []Reply{{To: Asker, Card: func(v say.Voice) Card {
		card := Card{
			Title: p.Called(),
			Facts: []Fact{
				{say.T("Rolle", "Role").In(v), p.roles.Say(v)},
				{say.T("Sprache", "Language").In(v), languageNames[v.Language].In(v)},
				{say.T("Zeitzone", "Time zone").In(v), p.In().String()},
				{say.T("Bekannt aus", "Known from").In(v), r.accountsText(v)},
			},
			Preview: textPreviewAnswer.In(v),
		}
		if v.Language == say.German {
			card.Facts = append(card.Facts, Fact{"Anrede", say.T("{Sie|du}", "{Sie|du}").In(v)})
		}
		return card
	}}}, nil
}
