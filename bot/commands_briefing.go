package bot

import (
	"context"
	"strings"

	"standleitung/bot/say"
	"standleitung/bot/when"
)

// briefingCommands show the situation.
func briefingCommands() []Command {
	return []Command{
		{
			Name: "status", DE: []string{"lage"}, EN: []string{"status"}, Roles: Everyone, Slash: "/lage", Daily: 7,
			Label: say.T("Lage", "Status"), Help: say.T("Was wartet, was heute fällig ist, wo es hakt. In einem Raum nur, was alle wissen dürfen.",
				"What waits, what is due today, what is stuck. In a room only what everybody may know."),
			Example: say.T("lage", "status"), Run: runStatus,
		},
		{
			Name: "briefing", DE: []string{"briefing"}, EN: []string{"briefing"}, Roles: planners,
			Args:  []Arg{{Name: "how", Kind: ArgLine, Free: true, Max: 80, Label: say.T("Wie?", "How?")}},
			Label: say.T("Briefing", "Briefing"),
			Help: say.T("{Ihr|Dein} tägliches Briefing: jetzt, 08:15, pause bis Freitag, weiter, kurz, lang.",
				"Your daily briefing: now, 08:15, pause until Friday, resume, short, long."),
			Example: say.T("briefing 08:15", "briefing 08:15"), Run: runBriefing,
		},
	}
}

// runStatus shows the situation; to a room only what everybody may know.
func runStatus(_ context.Context, r *Request) ([]Reply, error) {
	who := r.Person
	if !r.Message.Place.Direct {
		who = nil
	}
	s, err := r.books.situation(who, nil)
	if err != nil {
		return nil, err
	}
	return []Reply{{Card: s.status}}, nil
}

// runBriefing shows or changes the person's own briefing.
func runBriefing(_ context.Context, r *Request) ([]Reply, error) {
	d, err := r.briefingReader()
	if err != nil {
		return nil, err
	}
	first, rest := cutWord(r.Text("how"))
	switch foldVerb(first) {
	case "":
	case "jetzt", "now":
		s, err := r.books.situation(r.Person, d)
		if err != nil {
			return nil, err
		}
		return []Reply{{To: Asker, Card: s.briefing}}, nil
	case "pause":
		if d.Paused, err = r.pauseUntil(rest); err != nil {
			return nil, err
		}
	case "weiter", "resume", "an", "on":
		d.Paused = ""
	case "kurz", "short":
		d.Short = true
	case "lang", "long":
		d.Short = false
	default:
		at, err := when.ParseClock(padClock(first))
		if err != nil || rest != "" || at >= 24*60 {
			return nil, &Error{
				Code: Invalid, Field: "how", Text: say.T("„{text}“ verstehe ich nicht. So geht es: briefing jetzt, briefing 08:15, briefing pause bis Freitag, briefing kurz. Nichts geändert.",
					"I don't understand “{text}”. It works like this: briefing now, briefing 08:15, briefing pause until Friday, briefing short. Nothing changed."),
				Args: []any{"text", shorten(r.Text("how"), 40)},
			}
		}
		d.At = &at
	}
	r.books.planBriefing(d, r.Person, false)
	if err := readers.Put(r.Tx, d); err != nil {
		return nil, err
	}
	return []Reply{r.briefingSettings(d)}, nil
}

// briefingSettings says when the briefing comes.
func (r *Request) briefingSettings(d *reader) Reply {
	next := d.Next.In(r.Person.In())
	long := say.T("ausführlich", "in full")
	if d.Short {
		long = say.T("kurz", "in short")
	}
	return Reply{To: Asker, Card: func(v say.Voice) Card {
		return Card{
			Text: say.T("{Ihr|Dein} Briefing kommt an Werktagen um {at}, {long}. Das nächste: {next}.", "Your briefing comes on working days at {at}, {long}. The next one: {next}.").
				In(v, "at", r.bot.briefingAt(d).String(), "long", long, "next", when.DayTime(next, r.Now.In(r.Person.In()), v.Language)),
			Buttons: []Button{{Label: say.T("Jetzt zeigen", "Show it now").In(v), Do: r.Command.do("now")}},
			Preview: textPreviewAnswer.In(v),
		}
	}}
}

// pauseUntil reads "bis Freitag" as the last day without a briefing.
func (r *Request) pauseUntil(rest string) (string, error) {
	if first, more := cutWord(rest); foldVerb(first) == "bis" || foldVerb(first) == "until" {
		rest = more
	}
	if rest == "" {
		return "", &Error{Code: Invalid, Field: "how", Text: say.T("Bis wann? So geht es: briefing pause bis Freitag. Nichts geändert.", "Until when? It works like this: briefing pause until Friday. Nothing changed.")}
	}
	r.args["how"] = rest
	day, err := r.day("how")
	return day.String(), err
}

// padClock writes "8:15" as "08:15".
func padClock(text string) string {
	if strings.IndexByte(text, ':') == 1 {
		return "0" + text
	}
	return text
}
