package bot

import (
	"context"
	"slices"
	"strings"

	"standleitung/bot/say"
)

// logListed is how many entries of the log are shown, logCounted how many more are counted.
const (
	logListed  = 12
	logCounted = 1000
)

// logCommands read the log.
func logCommands() []Command {
	return []Command{{
		Name: "log.show", DE: []string{"protokoll"}, EN: []string{"log"}, Roles: PR | Lead, Private: true,
		Args: []Arg{{
			Name: "ref", Kind: ArgWord, Free: true, Required: true, Max: 20, Label: say.T("Wovon?", "Of what?"),
			Hint: say.T("Eine Nummer, zum Beispiel T-41", "A reference, such as T-41"),
		}},
		Label:   say.T("Protokoll", "Log"),
		Help:    say.T("Wer wann was mit einer Sache gemacht hat.", "Who did what with a thing, and when."),
		Example: say.T("protokoll T-41", "log T-41"), Run: runLog,
	}}
}

// Texts for what is in the log and is no command.
var (
	jobTexts = map[string]say.Text{
		"approval.next":   say.T("Nächste Person gefragt", "Next person asked"),
		"approval.go":     say.T("Abgeschickt", "Sent off"),
		"embargo.lift":    say.T("Sperrfrist vorbei", "Embargo over"),
		"lane.late":       say.T("Verspätung gemeldet", "Delay reported"),
		"copy.parked":     say.T("Unzustellbar gemeldet", "Reported as undeliverable"),
		"register.again":  say.T("Register gelesen", "Register read"),
		"stub.forget":     say.T("Verirrte Änderung vergessen", "Stray change forgotten"),
		"receipt.mark":    say.T("Zustellung an der Nachricht gezeigt", "Delivery shown on the message"),
		"unpark":          say.T("Wieder auf den Tisch gelegt", "Put back on the table"),
		"recheck":         say.T("Nach neuem Vermerk angehalten", "Held because of a new flag"),
		"digest":          say.T("Gesammelt nachgereicht", "Caught up in one message"),
		"lines":           say.T("Räume über die Leitung informiert", "Rooms told of the line"),
		"room.collected":  say.T("Stündlich gesammelt zugestellt", "Delivered collected, hourly"),
		"noisy":           say.T("Stündliches Sammeln angeboten", "Offered to collect hourly"),
		"flag.recheck":    say.T("Vorhandenes auf den Vermerk geprüft", "What was there searched for the flag"),
		"flag.ends":       say.T("Nach dem Ende des Vermerks gefragt", "Asked about the end of the flag"),
		"flag.review":     say.T("An die Prüfung des Vermerks erinnert", "Reminded of the flag's review"),
		"topic.check":     say.T("Ungeprüftes Thema geprüft", "Unchecked topic checked"),
		"copy.missing":    say.T("Fehlende Datei gemeldet", "Missing file reported"),
		"reactions.tell":  say.T("Reaktionen weitergesagt", "Reactions passed on"),
		"reactions.last":  say.T("Reaktionen weitergesagt", "Reactions passed on"),
		"milestones.plan": say.T("Erinnerungen neu berechnet", "Reminders computed anew"),
		"milestone":       say.T("Erinnert", "Reminded"),
		"briefing":        say.T("Lage verschickt", "Briefing sent"),
		"retention":       say.T("Alte Texte vergessen", "Old texts forgotten"),
	}
	messageTexts = map[MessageKind]say.Text{
		Said:     say.T("Nachricht geschrieben", "Message written"),
		Edited:   say.T("Nachricht geändert", "Message changed"),
		Restored: say.T("Löschung zurückgenommen", "Deletion taken back"),
		Deleted:  say.T("Nachricht gelöscht", "Message deleted"),
		Reacted:  say.T("Mit einem Zeichen reagiert", "Reacted with an emoji"),
	}
)

func runLog(_ context.Context, r *Request) ([]Reply, error) {
	prefix, n, ok := parseRef(r.Text("ref"))
	if !ok {
		return nil, &Error{
			Code: Invalid, Field: "ref", Text: say.T("„{text}“ ist keine Nummer. Gemeint ist etwas wie {example}.", "“{text}” is not a reference. It looks like {example}."),
			Args: []any{"text", shorten(r.Text("ref"), 20), "example", formatRef("T", 12)},
		}
	}
	ref := formatRef(prefix, n)
	list, more, err := r.logOf(ref)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, &Error{Code: NotFound, Field: "ref", Text: say.T("Zu {ref} steht nichts im Protokoll.", "There is nothing about {ref} in the log."), Args: []any{"ref", ref}}
	}
	var items []Item
	for _, e := range list {
		item, err := r.logItem(e, ref)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return []Reply{{To: Asker, Card: func(v say.Voice) Card {
		card := Card{Title: say.T("Protokoll zu {ref}", "Log of {ref}").In(v, "ref", ref), Items: slices.Clone(items), Preview: textPreviewAnswer.In(v)}
		if more > 0 {
			card.Items = append(card.Items, Item{Text: say.T("+{n} weitere", "+{n} more").In(v, "n", more)})
		}
		return card
	}}}, nil
}

// sees reports whether the person may see things of a prefix: whoever may have one shown.
func (r *Request) sees(prefix string) bool {
	for i := range r.bot.commands.rows {
		if row := &r.bot.commands.rows[i]; row.On == prefix && strings.HasSuffix(row.Name, ".show") {
			return r.Person.Is(row.Roles)
		}
	}
	return r.Person.Is(PR)
}

// logOf are the newest entries about a thing, and how many more there are; none for who may not see it.
func (r *Request) logOf(ref string) (list []*logEntry, more int, err error) {
	prefix, _, _ := parseRef(ref)
	if !r.sees(prefix) {
		return nil, 0, nil
	}
	from, to := Under(ref)
	q := Query{Kind: logbook.Name, Index: "ref", From: from, To: to, Reverse: true, Limit: logListed + logCounted, KeysOnly: true}
	var keys []string
	for found, err := range r.Tx.Scan(q) {
		if err != nil {
			return nil, 0, err
		}
		keys = append(keys, found.Key)
	}
	for _, key := range keys[:min(logListed, len(keys))] {
		e, err := logbook.Get(r.Tx, key)
		if err != nil {
			return nil, 0, err
		}
		list = append(list, e)
	}
	return list, len(keys) - len(list), nil
}

// logItem says an entry in words: what, with which other things, when and by whom.
func (r *Request) logItem(e *logEntry, ref string) (Item, error) {
	words := []string{r.logWords(e).In(r.Voice)}
	for _, other := range e.Refs {
		if prefix, _, _ := parseRef(other); other != ref && r.sees(prefix) {
			words = append(words, other)
		}
	}
	who := "Standleitung"
	if e.Person != "" {
		var err error
		if who, err = r.books.name(e.Person); err != nil {
			return Item{}, err
		}
	}
	return Item{Text: strings.Join(words, " · "), Meta: sayTime(r.Person, e.At, r.Now) + " · " + who}, nil
}

// logWords is what was done, for people; the name of a command that is gone stands for itself.
func (r *Request) logWords(e *logEntry) say.Text {
	if row := r.bot.commands.byName[e.Command]; row != nil {
		return row.Label
	}
	kind, name, _ := strings.Cut(e.Command, "/")
	text, ok := jobTexts[name]
	if kind == "message" {
		text, ok = messageTexts[MessageKind(name)]
	}
	if !ok {
		return say.Plain(e.Command)
	}
	return text
}
