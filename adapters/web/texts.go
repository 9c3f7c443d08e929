package web

import (
	"cmp"
	"encoding/json"

	"standleitung/bot"
	"standleitung/bot/say"
)

// botName is what the bot is called.
const botName = "Standleitung"

// faultTexts are the texts of refused requests.
type faultTexts struct {
	badRequest, deleted, empty, fileGone, fileNotStored, fileNotThere, fileTooLarge, filesInRooms, internal, noFiles, notAsFile, notRunning, notStored, notUTF8, notYours, reactRooms, roomsOnly, tooLong, tooManyFiles,
	unknownPerson, unknownPost, unknownRoom, unknownThread say.Text
}

func texts() faultTexts {
	return faultTexts{
		badRequest: say.T("Das kam unverständlich an; nichts gesendet.", "That arrived garbled; nothing was sent."),
		deleted:    say.T("Diese Nachricht ist schon gelöscht; nichts geändert.", "This message is deleted already; nothing was changed."),
		empty:      say.T("Da steht noch nichts; nichts gesendet.", "There is nothing in it yet; nothing was sent."),
		fileGone: say.T("Die Datei „{name}“ ist nicht mehr da; nichts gesendet. {Bitte wählen Sie|Bitte wähle} sie noch einmal.",
			"The file “{name}” is no longer there; nothing was sent. Please choose it again."),
		fileNotStored: say.T("„{name}“ ließ sich nicht speichern, nichts gesendet. Bitte noch einmal.",
			"“{name}” could not be stored, nothing was sent. Please try again."),
		fileNotThere: say.T("Die Datei „{name}“ ist nicht mehr da.", "The file “{name}” is no longer there."),
		fileTooLarge: say.T("„{name}“ ist zu groß: höchstens {most} je Datei. Nichts gesendet, der Text bleibt stehen.",
			"“{name}” is too large: {most} per file at most. Nothing was sent; the text stays."),
		filesInRooms: say.T("Dateien gehen nur in Räumen; nichts gesendet.", "Files can be sent in rooms only; nothing was sent."),
		noFiles:      say.T("Dateien sind hier nicht eingerichtet; nichts gesendet.", "Files are not set up here; nothing was sent."),
		notAsFile:    say.T("Nicht als Datei: zu groß, höchstens {most}", "Not as a file: too large, {most} at most"),
		internal:     say.T("Hier ist etwas schiefgegangen; nichts gesendet.", "Something went wrong here; nothing was sent."),
		notRunning:   say.T("Standleitung startet gerade.", "Standleitung is just starting."),
		notStored: say.T("Nicht gespeichert, nichts gesendet. Bitte noch einmal.",
			"Not stored, nothing was sent. Please try again."),
		notUTF8: say.T("Der Text enthält Zeichen, die niemand lesen kann (kein UTF-8); nichts gesendet.",
			"The text contains characters that nobody can read (not UTF-8); nothing was sent."),
		notYours: say.T("Das hat jemand anders geschrieben; nichts geändert.",
			"Somebody else wrote this; nothing was changed."),
		reactRooms: say.T("Das geht nur mit Nachrichten in Räumen; nichts geändert.",
			"This only works with messages in rooms; nothing was changed."),
		roomsOnly: say.T("Ändern und löschen geht nur in Räumen; nichts geändert.",
			"Only what is in a room can be edited and deleted; nothing was changed."),
		tooLong: say.T("Zu lang: höchstens {max} Zeichen. Nichts gesendet, der Text bleibt stehen.",
			"Too long: {max} characters at most. Nothing was sent; the text stays."),
		tooManyFiles: say.T("Zu viele Dateien: höchstens {most} auf einmal. Nichts gesendet.",
			"Too many files: {most} at a time at most. Nothing was sent."),
		unknownPerson: say.T("Diese Person gibt es hier nicht.", "There is no such person here."),
		unknownPost: say.T("Diese Nachricht gibt es hier nicht, oder nicht mehr; nichts geändert.",
			"There is no such message here, or no longer; nothing was changed."),
		unknownRoom: say.T("Diesen Raum gibt es hier nicht.", "There is no such room here."),
		unknownThread: say.T("Diese Nachricht ist nicht mehr da, auf sie kann niemand antworten.",
			"This message is no longer there; nobody can reply to it."),
	}
}

// pageTexts are the texts of the page by the name that it calls them by. The page fills what stands in braces.
func pageTexts() map[string]say.Text {
	return map[string]say.Text{
		// The frame.
		"youAre":       say.T("{Sie sind|Du bist}", "You are"),
		"skip":         say.T("Zur Eingabe", "To the input"),
		"places":       say.T("Räume", "Rooms"),
		"disconnected": say.T("Verbindung weg, ich versuche es weiter.", "Connection lost, I keep trying."),
		"tryNow":       say.T("Jetzt versuchen", "Try now"),
		"announce":     say.T("{place}, {name}: {text}", "{place}, {name}: {text}"),

		// A place: its head, and what stands there before anything was written.
		"onlyForYou":  say.T("nur für {Sie|dich}", "only for you"),
		"directTab":   say.T("Für {Sie|dich}", "For you"),
		"hears":       say.T("Hier lesen mit: {rooms}", "Also read by: {rooms}"),
		"hearsNobody": say.T("Hier liest sonst niemand mit", "Nobody else reads along"),
		"hearsDirect": say.T("Hier liest niemand mit", "Nobody reads along here"),
		"logOf":       say.T("Nachrichten: {place}", "Messages: {place}"),
		"loading":     say.T("Wird geladen …", "Loading …"),
		"emptyRoom":   say.T("Noch still in {room}.", "Still quiet in {room}."),
		"emptyRoomDo": say.T("Was hier geschrieben wird, erscheint an dieser Stelle. {Schreiben Sie|Schreib} die erste Nachricht.",
			"What people write will appear here. Write the first message."),
		"emptyDirect":   say.T("Standleitung antwortet hier nur {Ihnen|dir}.", "Standleitung answers here, to you alone."),
		"emptyDirectDo": say.T("{Schreiben Sie|Schreib} „hilfe“, um zu sehen, was geht.", "Write “help” to see what is possible."),
		"oneNew":        say.T("1 neue Nachricht", "1 new message"),
		"someNew":       say.T("{n} neue Nachrichten", "{n} new messages"),
		"today":         say.T("Heute", "Today"),
		"yesterday":     say.T("Gestern", "Yesterday"),

		// Writing.
		"writeTo":     say.T("Nachricht an {rooms} …", "Message to {rooms} …"),
		"writeDirect": say.T("Einfach schreiben, oder: thema, hilfe …", "Just write, or: topic, help …"),
		"writeReply":  say.T("Antwort", "Reply"),
		"hintRoom":    say.T("/ oder @{bot} meint den Bot", "/ or @{bot} addresses the bot"),
		"hintDirect":  say.T("Eingabetaste sendet, mit Umschalt neue Zeile", "Enter sends, with Shift a new line"),
		"hintReply":   say.T("Eingabetaste sendet, Esc schließt", "Enter sends, Esc closes"),
		"attach":      say.T("Dateien anhängen", "Attach files"),
		"chosen":      say.T("Angehängte Dateien", "Attached files"),
		"unattach":    say.T("{name} entfernen", "Remove {name}"),
		"attached":    say.T("{name} angehängt", "{name} attached"),
		"tooLarge":    say.T("„{name}“ ist zu groß ({size}): höchstens {max} je Datei.", "“{name}” is too large ({size}): {max} per file at most."),
		"noBytes":     say.T("„{name}“ lässt sich nicht lesen. Ist es ein Ordner?", "“{name}” cannot be read. Is it a folder?"),
		"tooMany":     say.T("Höchstens {max} Dateien auf einmal; {n} weitere sind nicht dabei.", "At most {max} files at a time; {n} more are left out."),
		"chooseAgain": say.T("Nichts gesendet. Bitte noch einmal anhängen: {names}", "Nothing was sent. Please attach again: {names}"),
		"fileGone":    say.T("Die Datei „{name}“ ist nicht mehr da.", "The file “{name}” is no longer there."),
		"send":        say.T("Senden", "Send"),
		"tooLong": say.T("Zu lang: {n} Zeichen, höchstens {max} gehen. Nichts gesendet.",
			"Too long: {n} characters, at most {max} are possible. Nothing was sent."),

		// What became of it.
		"late":         say.T("Dauert länger als sonst …", "Takes longer than usual …"),
		"failed":       say.T("Nicht gesendet: keine Verbindung. Nichts geht verloren.", "Not sent: no connection. Nothing gets lost."),
		"retry":        say.T("Noch einmal senden", "Send again"),
		"recall":       say.T("Bearbeiten", "Edit"),
		"notPressed":   say.T("Nicht angekommen: keine Verbindung. Bitte noch einmal.", "Did not arrive: no connection. Please try again."),
		"notSubmitted": say.T("Nicht angekommen: keine Verbindung. Alles steht noch da.", "Did not arrive: no connection. Everything is still here."),

		// Posts.
		"onlyYou":   say.T("Nur für {Sie|dich} sichtbar", "Only you can see this"),
		"deleted":   say.T("Gelöscht", "Deleted"),
		"edited":    say.T("geändert", "edited"),
		"written":   say.T("Verspätet: geschrieben {when}", "Late: written {when}"),
		"answers":   say.T("Antwort auf: „{quote}“", "Reply to: “{quote}”"),
		"pr":        say.T("PR", "PR"),
		"sales":     say.T("Vertrieb", "Sales"),
		"social":    say.T("Social", "Social"),
		"yours":     say.T("Reagieren, bearbeiten, löschen", "React, edit, delete"),
		"copies":    say.T("Kopien in {rooms} ändern sich mit.", "Copies in {rooms} change with it."),
		"change":    say.T("Bearbeiten", "Edit"),
		"changeTo":  say.T("Neuer Text", "New text"),
		"hintEdit":  say.T("Eingabetaste speichert, Esc bricht ab", "Enter saves, Esc cancels"),
		"save":      say.T("Speichern", "Save"),
		"cancel":    say.T("Abbrechen", "Cancel"),
		"delete":    say.T("Löschen", "Delete"),
		"more":      say.T("Reagieren und mehr", "React and more"),
		"react":     say.T("Reagieren", "React"),
		"reactWith": say.T("Mit {emoji} reagieren", "React with {emoji}"),
		"reacted":   say.T("{emoji}, {n}-mal", "{emoji}, {n} times"),
		"reactions": say.T("Reaktionen", "Reactions"),
		"notChanged": say.T("Nicht geändert: keine Verbindung. Bitte noch einmal.",
			"Not changed: no connection. Please try again."),
		"reply":     say.T("Antworten", "Reply"),
		"replyTo":   say.T("{name} antworten", "Reply to {name}"),
		"earlier":   say.T("{n} frühere Antworten", "{n} earlier replies"),
		"unfold":    say.T("Alles zeigen", "Show all"),
		"fold":      say.T("Weniger zeigen", "Show less"),
		"toneHold":  say.T("Wartet auf eine Entscheidung:", "Waits for a decision:"),
		"toneFault": say.T("Fehler:", "Fault:"),
		"optional":  say.T("freiwillig", "optional"),
	}
}

// setup is what the page is told first.
type setup struct {
	Bot     string                       `json:"bot"`
	MaxText int                          `json:"maxText"`
	MaxFile int                          `json:"maxFile,omitempty"` // bytes; 0 where no files are taken
	Files   int                          `json:"files,omitempty"`   // of one message at most
	Rooms   []setupRoom                  `json:"rooms"`
	People  []setupPerson                `json:"people"`
	Parties map[string]setupParty        `json:"parties"`
	Texts   map[string]map[string]string `json:"texts"` // by voice and name
	Scene   bool                         `json:"scene,omitempty"`
	// Emojis can be put on posts; Shortcuts are what else can be done with one.
	Emojis    []string        `json:"emojis"`
	Shortcuts []setupShortcut `json:"shortcuts"`
}

// setupShortcut is an entry of the menu of a post.
type setupShortcut struct {
	Do    string                  `json:"do"`
	Label map[say.Language]string `json:"label"`
}

type setupRoom struct {
	ID    string   `json:"id"`
	Name  string   `json:"name"`
	Tint  string   `json:"tint,omitempty"`
	Hears []string `json:"hears"`
}

// setupParty is how the page shows whom somebody in another room belongs to.
type setupParty struct {
	// Name is that of the party's room; empty when it has none here, or several.
	Name string `json:"name,omitempty"`
	Tint string `json:"tint"`
}

type setupPerson struct {
	ID       string       `json:"id"`
	Name     string       `json:"name"`
	Title    string       `json:"title,omitempty"`
	Tint     string       `json:"tint,omitempty"`
	Language say.Language `json:"language"`
	Voice    string       `json:"voice"` // key of Texts
}

// setupOf renders what the page is told first.
func setupOf(c Config) ([]byte, error) {
	s := setup{Bot: botName, MaxText: maxText, Texts: map[string]map[string]string{}, Parties: map[string]setupParty{}}
	if c.Files != "" {
		s.MaxFile, s.Files = maxFile, mostSent
	}
	s.Emojis = emojis()
	for _, shortcut := range bot.Shortcuts() {
		label := map[say.Language]string{}
		for _, language := range []say.Language{say.German, say.English} {
			label[language] = shortcut.Label.In(say.Voice{Language: language})
		}
		s.Shortcuts = append(s.Shortcuts, setupShortcut{shortcut.Do, label})
	}
	tint := tints{}
	for _, r := range c.Rooms {
		party := setupParty{cmp.Or(r.Name, r.ID), tint.of(r.Party)}
		if _, again := s.Parties[r.Party]; again {
			party.Name = ""
		}
		if r.Party != "" {
			s.Parties[r.Party] = party
		}
		s.Rooms = append(s.Rooms, setupRoom{r.ID, cmp.Or(r.Name, r.ID), tint.of(r.Party), append([]string{}, r.Hears...)})
	}
	for _, p := range c.People {
		language, voice := say.German, "de-sie"
		switch {
		case p.Language == say.English:
			language, voice = say.English, "en"
		case p.Address == say.Du:
			voice = "de-du"
		}
		s.People = append(s.People, setupPerson{p.ID, cmp.Or(p.Name, p.ID), p.Title, tint.of(p.Party), language, voice})
		s.speak(voice, p.voice(), c.Scene)
	}
	if s.Scene = c.Scene != nil; s.Scene {
		s.speak("en", say.Voice{Language: say.English}, c.Scene) // the visitor may speak what none of the people does
	}
	return json.Marshal(s)
}

// speak renders the texts of the page for a voice.
func (s *setup) speak(name string, voice say.Voice, scene *Scene) {
	if s.Texts[name] != nil {
		return
	}
	s.Texts[name] = map[string]string{}
	for key, text := range pageTexts() {
		s.Texts[name][key] = text.In(voice)
	}
	if scene == nil {
		return
	}
	for key, text := range scene.texts() {
		s.Texts[name][key] = text.In(voice)
	}
}

// tints gives each party a colour: three have their own, the others take turns.
type tints map[string]string

func (t tints) of(party string) string {
	switch party {
	case "", "pr", "sales", "social":
		return party
	}
	if t[party] == "" {
		t[party] = []string{"rose", "teal", "olive", "slate"}[len(t)%4]
	}
	return t[party]
}
