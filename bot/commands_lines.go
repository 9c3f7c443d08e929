package bot

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"standleitung/bot/markup"
	"standleitung/bot/say"
)

// pause is a line that a person has paused.
type pause struct {
	Line string    `json:"line"`
	By   string    `json:"by"`
	At   time.Time `json:"at"`
}

var pauses = &Kind[pause]{Name: "pause", Version: 1, Key: func(p *pause) string { return p.Line }}

// paused reports whether a line is paused.
func (k *books) paused(line string) (bool, error) {
	_, err := pauses.Get(k.r, line)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// lineCommands send over the lines and show how they are.
func lineCommands() []Command {
	text := Arg{Name: "text", Kind: ArgText, Free: true, Required: true, Label: say.T("Was soll gesagt werden?", "What shall be said?")}
	line := Arg{Name: "line", Kind: ArgLine, Free: true, Max: 80, Label: say.T("Welche Leitung?", "Which line?")}
	return []Command{
		{
			Name: "line.all", DE: []string{"an alle", "leitung"}, EN: []string{"to all", "line"}, Roles: Everyone, Args: []Arg{text}, Slash: "/leitung", Daily: 4,
			Label: say.T("An alle", "To all"), Offer: say.T("An alle senden", "Send to all"),
			Help:    say.T("Über die Leitung an alle Räume sagen, von überall.", "Say it over the line to all rooms, from anywhere."),
			Example: say.T("an alle Die neue Pumpe ist da.", "to all The new pump is here."), Look: lookSend, Run: runSend,
		},
		{
			Name: "line.party", DE: []string{"an"}, EN: []string{"to"}, Roles: Everyone,
			Args: []Arg{{
				Name: "party", Kind: ArgWord, Free: true, Required: true, Max: 80, Label: say.T("An wen?", "To whom?"),
				Hint: say.T("vertrieb, pr oder social", "sales, pr or social"),
			}, text},
			Label:   say.T("An eine Abteilung", "To a department"),
			Help:    say.T("Über die Leitung an die Räume einer Abteilung sagen.", "Say it over the line to the rooms of one department."),
			Example: say.T("an vertrieb Habt ihr Zahlen?", "to sales Do you have figures?"), Look: lookSend, Run: runSend,
		},
		{
			Name: "lines.show", DE: []string{"leitungen"}, EN: []string{"lines"}, Roles: Everyone,
			Slash: "/leitungen", Label: say.T("Leitungen zeigen", "Show the lines"), Help: say.T("Wie es jeder Leitung geht: Räume, letzte Nachricht, was wartet.", "How each line is: rooms, last message, what waits."),
			Example: say.T("leitungen", "lines"), Run: runLines,
		},
		{
			Name: "line.pause", DE: []string{"leitung anhalten", "leitung pause"}, EN: []string{"pause line"}, Roles: Lead | PR | Admin, Args: []Arg{line},
			Label: say.T("Leitung anhalten", "Pause a line"), Help: say.T("Eine Leitung anhalten; die Räume erfahren es.", "Pause a line; its rooms are told."),
			Example: say.T("leitung anhalten standleitung", "pause line standleitung"), Run: runPause,
		},
		{
			Name: "line.resume", DE: []string{"leitung fortsetzen", "leitung weiter"}, EN: []string{"resume line"}, Roles: Lead | PR | Admin, Args: []Arg{line},
			Label: say.T("Leitung fortsetzen", "Resume a line"), Help: say.T("Eine angehaltene Leitung fortsetzen.", "Resume a paused line."),
			Example: say.T("leitung fortsetzen standleitung", "resume line standleitung"), Run: runResume,
		},
		passCommand(), receiptCommand(),
	}
}

// parties are the names by which people call the company's parties besides their own.
var parties = map[string]string{"vertrieb": "sales", "verkauf": "sales", "presse": "pr"}

// lookSend finds the rooms that are meant and asks the register.
func lookSend(_ context.Context, r *Request) error {
	party := foldVerb(r.Text("party"))
	party = cmp.Or(parties[party], party)
	in, err := r.sendsTo(r.bot.roomAt(r.Message.Place), party)
	if err != nil {
		return err
	}
	if len(in.to) == 0 && party != "" {
		return &Error{
			Code: Invalid, Field: "party", Text: say.T("Zu „{who}“ führt von hier keine Leitung. Nichts gesendet.", "No line leads to “{who}” from here. Nothing sent."),
			Args: []any{"who", shorten(r.Text("party"), 30)},
		}
	} else if len(in.to) == 0 {
		return fault(Invalid, textNoLine)
	}
	body := r.bot.rich(r.Text("text"))
	in.files = r.Message.Files
	in.look(r, body)
	r.Found = sending{in, body}
	return nil
}

var (
	textNoLine = say.T("Von hier führt keine Leitung. Nichts gesendet.", "No line leads from here. Nothing sent.")
	textSent   = say.T("Gesendet an: {rooms}.", "Sent to: {rooms}.")
)

// sendsTo are the rooms of a party, or all when it is empty, to which the lines of a room lead; from nil stands for all
// lines.
func (r *Request) sendsTo(from *Room, party string) (in relay, err error) {
	in.room = from
	for _, l := range r.bot.lines {
		paused, err := r.books.paused(l.Name)
		if err != nil {
			return in, err
		}
		if paused || from != nil && !slices.Contains(l.Rooms, from.Name) {
			continue
		}
		for _, name := range l.Rooms {
			room := r.bot.room(name)
			if (from == nil || name != from.Name) && !slices.Contains(in.to, name) && (party == "" || foldVerb(room.Party) == party || foldVerb(name) == party) {
				in.to = append(in.to, name)
				in.guard = in.guard || l.Guard
			}
		}
	}
	return in, nil
}

// sending is what lookSend and lookPass prepare.
type sending struct {
	in   relay
	body markup.Doc
}

// runSend sends over the line by command.
func runSend(_ context.Context, r *Request) ([]Reply, error) {
	s, ok := r.Found.(sending)
	if !ok {
		return nil, errors.New("nothing was looked up")
	}
	m := r.Message
	s.in.again(r, s.body)
	id := cmp.Or(m.ID, m.Turn)
	if m.Kind != Said {
		id = m.Turn
	}
	c := &Crossing{
		Key: crossingKey(m.Place, id), Place: m.Place.Top(), ID: id, Person: r.Person.ID, At: m.At, Version: m.At, Body: s.body, Files: s.in.files,
		Author: Author{Name: r.Person.Called(), Platform: m.Place.Adapter}, To: s.in.to, Guarded: s.in.guard, Edition: s.in.edition, Typed: m.Kind == Said, Unwritten: m.Kind != Said,
	}
	if room := r.bot.roomAt(m.Place); room != nil {
		c.Room, c.Author.Party = room.Name, room.Party
	}
	replies, err := r.start(c, s.in)
	if err != nil || c.State != Crossed {
		return replies, err
	}
	return append(replies, answer(textSent, "rooms", strings.Join(c.To, ", "))), nil
}

// runLines shows each line: its rooms, the last message each way, what waits and what cannot be delivered. What the
// person may decide on comes as a card for each room, below its line.
func runLines(_ context.Context, r *Request) ([]Reply, error) {
	var replies []Reply
	arrived, err := r.lastArrived()
	if err != nil {
		return nil, err
	}
	shown := map[string]bool{}
	for i := range r.bot.lines {
		l := &r.bot.lines[i]
		card, err := r.lineCard(l, arrived)
		if err != nil {
			return nil, err
		}
		replies = append(replies, Reply{To: Asker, Card: func(say.Voice) Card { return card }})
		for _, name := range l.Rooms {
			if shown[name] {
				continue
			}
			shown[name] = true
			stuck, err := r.stuckReplies(r.bot.room(name))
			if err != nil {
				return nil, err
			}
			replies = append(replies, stuck...)
		}
	}
	if len(replies) == 0 {
		replies = append(replies, answer(say.T("Es ist keine Leitung eingerichtet.", "No line is set up.")))
	}
	return replies, nil
}

// lastArrived is when the last copy arrived in each room, as far as the newest messages of all lines tell. An index would be
// paid by every message, for a question that is rare.
func (r *Request) lastArrived() (map[string]time.Time, error) {
	last := map[string]time.Time{}
	for c, err := range crossings.All(r.Tx, Query{Index: "at", Reverse: true, Limit: receiptMost}) {
		if err != nil {
			return nil, err
		}
		for _, name := range c.To {
			if !last[name].IsZero() {
				continue
			}
			at, err := r.arrivedIn(c, name)
			if err != nil {
				return nil, err
			}
			if !at.IsZero() {
				last[name] = at
			}
		}
		if len(last) == len(r.bot.rooms) {
			break
		}
	}
	return last, nil
}

// arrivedIn is when a message arrived in a room, by itself or in a digest; zero when it did not.
func (r *Request) arrivedIn(c *Crossing, room string) (time.Time, error) {
	post, err := posts.Get(r.Tx, copyKey(c.Key, room))
	if err == nil && post.Digest != "" {
		post, err = posts.Get(r.Tx, post.Digest)
	}
	if errors.Is(err, ErrNotFound) {
		return time.Time{}, nil
	} else if err != nil {
		return time.Time{}, err
	}
	return post.Arrived, nil
}

func (r *Request) lineCard(l *Line, arrived map[string]time.Time) (Card, error) {
	v := r.Voice
	mode := say.T("spiegelt alles", "mirrors everything")
	if l.Mode == Forward {
		mode = say.T("trägt weiter, was an sie gerichtet ist", "carries what is addressed to it")
	}
	paused, err := r.books.paused(l.Name)
	if err != nil {
		return Card{}, err
	}
	if paused {
		mode = say.T("angehalten", "paused")
	}
	card := Card{Title: say.T("Leitung {name}", "Line {name}").In(v, "name", l.Name), Meta: mode.In(v), Preview: textPreviewAnswer.In(v)}
	for _, name := range l.Rooms {
		parts, err := r.roomState(l, r.bot.room(name), arrived[name])
		if err != nil {
			return Card{}, err
		}
		var said []string
		for _, part := range parts {
			said = append(said, part.In(v))
		}
		card.Items = append(card.Items, Item{Text: name, Meta: strings.Join(said, " · ")})
	}
	return card, nil
}

// roomState says how a room of a line is, in parts. arrived is when the last copy arrived in it, zero for not lately.
func (r *Request) roomState(l *Line, room *Room, arrived time.Time) (parts []say.Text, err error) {
	why := r.bot.hearing(room)
	if text, known := hearings[why]; known && (why != mentionsOnly || l.Mode != Forward) {
		parts = append(parts, text)
	}
	from, to := Under(room.Name)
	for c, err := range crossings.All(r.Tx, Query{Index: "room", From: from, To: to, Reverse: true, Limit: 1}) {
		if err != nil {
			return nil, err
		}
		parts = append(parts, say.T("von hier {when}", "from here {when}").With("when", sayTime(r.Person, c.At, r.Now)))
	}
	if !arrived.IsZero() {
		parts = append(parts, say.T("hierher {when}", "to here {when}").With("when", sayTime(r.Person, arrived, r.Now)))
	}
	set, err := r.books.setting(room.Name)
	if err != nil {
		return nil, err
	}
	if set.Hourly {
		parts = append(parts, say.T("stündlich gesammelt", "hourly, collected"))
	}
	more, err := r.laneState(room)
	if parts = append(parts, more...); len(parts) == 0 {
		parts = append(parts, say.T("noch nichts", "nothing yet"))
	}
	return parts, err
}

// laneState says what waits for a room, what cannot be delivered, and why.
func (r *Request) laneState(room *Room) (parts []say.Text, err error) {
	lane, err := r.Tx.Lane(room.Place.LineLane())
	if err != nil {
		return nil, err
	}
	if lane.Waiting > 0 {
		parts = append(parts, say.T("{n} {n:wartet|warten} seit {when}", "{n} waiting since {when}").With("n", lane.Waiting, "when", sayTime(r.Person, lane.Oldest.Since, r.Now)))
	}
	why := r.troubleAt(room, lane)
	if why != "" {
		parts = append(parts, trouble(why))
	}
	if lane.Parked == 0 {
		return parts, nil
	}
	parts = append(parts, say.T("{n} nicht zustellbar", "{n} undeliverable").With("n", lane.Parked))
	var refused string
	for row, err := range r.Tx.Parked(room.Place.LineLane()) {
		if err != nil {
			return nil, err
		}
		refused = row.Reason
	}
	if _, known := troubles[cmp.Or(sameTrouble[refused], refused)]; known && refused != why {
		parts = append(parts, trouble(refused))
	}
	return parts, nil
}

// troubles are the words for why something waits or cannot be delivered, by the codes of the adapters.
var troubles = map[string]say.Text{
	"rate_limited":     say.T("die Plattform bittet um eine Pause", "the platform asks for a pause"),
	"unreachable":      say.T("die Plattform ist nicht zu erreichen", "the platform cannot be reached"),
	"connection":       say.T("die Verbindung zur Plattform bricht ab", "the connection to the platform breaks off"),
	"timeout":          say.T("die Plattform antwortet nicht", "the platform does not answer"),
	"not_running":      say.T("die Verbindung zur Plattform wird noch aufgebaut", "the connection to the platform is not up yet"),
	"channel_gone":     say.T("den Raum gibt es nicht mehr", "the room is gone"),
	"not_in_channel":   say.T("ich bin nicht in diesem Raum: bitte einladen", "I am not in this room: please invite me"),
	"not_met":          say.T("die Plattform hat sich noch nicht gemeldet", "the platform has not called yet"),
	"is_archived":      say.T("der Raum ist archiviert", "the room is archived"),
	"invalid_auth":     say.T("die Zugangsdaten werden nicht angenommen; die Verwaltung muss sie erneuern", "the credentials are not accepted; an administrator must renew them"),
	"token_revoked":    say.T("der Zugang wurde widerrufen; die Verwaltung muss die App neu installieren", "access was revoked; an administrator must install the app again"),
	"account_inactive": say.T("die App wurde entfernt; die Verwaltung muss sie neu installieren", "the app was removed; an administrator must install it again"),
	"missing_scope":    say.T("der App fehlt eine Berechtigung; die Verwaltung muss sie erteilen", "the app lacks a permission; an administrator must grant it"),
	"no_permission":    say.T("die App darf hier nicht schreiben", "the app may not write here"),
	"blocked":          say.T("die Person hat mich blockiert", "the person has blocked me"),
	"not_installed":    say.T("die App ist bei der Person nicht installiert", "the app is not installed for the person"),
	"file_failed":      say.T("eine Datei lässt sich gerade nicht holen", "a file cannot be fetched right now"),
	"looking_up":       say.T("es wird nachgesehen, ob es schon angekommen ist", "it is being looked up whether it has arrived already"),
	"outage":           say.T("die Plattform hat eine Störung", "the platform has an outage"),
	"no_adapter":       say.T("die Plattform ist nicht mehr eingerichtet; die Verwaltung kann sie wieder eintragen", "the platform is not set up any more; an administrator can add it again"),
	"room_removed":     say.T("der Raum ist nicht mehr eingerichtet; die Verwaltung kann ihn wieder eintragen", "the room is not set up any more; an administrator can add it again"),
	"register":         say.T("das Register ist nicht lesbar", "the register cannot be read"),
	"store":            say.T("mein Speicher ist gerade nicht lesbar", "my store cannot be read right now"),
}

// sameTrouble are other codes for the same.
var sameTrouble = map[string]string{
	"channel_not_found": "channel_gone", "thread_not_found": "channel_gone", "not_authed": "invalid_auth", "token_expired": "token_revoked",
	"restricted_action": "no_permission", "access_denied": "no_permission", "restricted_action_read_only_channel": "no_permission",
	"not_allowed_token_type": "invalid_auth", "file_unavailable": "file_failed", "http_500": "outage", "http_502": "outage", "http_503": "outage",
	"BotNotInConversationRoster": "not_in_channel", "ConversationNotFound": "channel_gone", "NotEnoughPermissions": "no_permission",
	"BotDisabledByAdmin": "no_permission", "ConversationBlockedByUser": "blocked", "MessageWritesBlocked": "blocked",
	"ForbiddenOperationException": "not_installed", "BotNotRegistered": "invalid_auth", "AuthorizationFailed": "invalid_auth",
	"status_401": "invalid_auth", "no_token": "invalid_auth", "throttled": "rate_limited", "bad_answer": "outage",
	"internal_error": "outage", "fatal_error": "outage", "service_unavailable": "outage",
}

// trouble says in words why something waits or cannot be delivered.
func trouble(reason string) say.Text {
	if text, ok := troubles[cmp.Or(sameTrouble[reason], reason)]; ok {
		return text
	}
	return say.T("die Plattform nimmt gerade nichts an ({code})", "the platform accepts nothing right now ({code})").With("code", reason)
}

// troubleAt is the code of what keeps a room from hearing anything: what its adapter knows, else why the oldest message
// waits; empty for nothing.
func (r *Request) troubleAt(room *Room, lane LaneState) string {
	if w, ok := r.bot.adapters[room.Place.Adapter].(Watcher); ok {
		if code := w.Trouble(room.Place); code != "" {
			return code
		}
	}
	if lane.Waiting > 0 {
		return lane.Oldest.Reason
	}
	return ""
}

func runPause(_ context.Context, r *Request) ([]Reply, error) {
	l, err := r.line()
	if err != nil {
		return nil, err
	}
	if paused, err := r.books.paused(l.Name); err != nil || paused {
		return nil, cmp.Or(err, error(fault(Conflict, say.T("Die Leitung {name} ist schon angehalten. Nichts geändert.", "Line {name} is paused already. Nothing changed."), "name", l.Name)))
	}
	if err := pauses.Put(r.Tx, &pause{Line: l.Name, By: r.Person.ID, At: r.Now}); err != nil {
		return nil, err
	}
	return r.announce(l, say.T("Die Leitung {name} ist angehalten, von {who}. Was hier geschrieben wird, bleibt hier.",
		"Line {name} is paused, by {who}. What is written here stays here."))
}

func runResume(_ context.Context, r *Request) ([]Reply, error) {
	l, err := r.line()
	if err != nil {
		return nil, err
	}
	if paused, err := r.books.paused(l.Name); err != nil || !paused {
		return nil, cmp.Or(err, error(fault(Conflict, say.T("Die Leitung {name} ist nicht angehalten. Nichts geändert.", "Line {name} is not paused. Nothing changed."), "name", l.Name)))
	}
	if err := pauses.Delete(r.Tx, l.Name); err != nil {
		return nil, err
	}
	return r.announce(l, say.T("Die Leitung {name} läuft wieder. Was hier geschrieben wird, lesen auch: {others}.",
		"Line {name} is open again. What is written here is also read by: {others}."))
}

// line is the line that the command names; the only one there is needs no name.
func (r *Request) line() (*Line, error) {
	name := foldVerb(r.Text("line"))
	for i := range r.bot.lines {
		if foldVerb(r.bot.lines[i].Name) == name || name == "" && len(r.bot.lines) == 1 {
			return &r.bot.lines[i], nil
		}
	}
	var names []string
	for _, l := range r.bot.lines {
		names = append(names, l.Name)
	}
	return nil, &Error{
		Code: NotFound, Field: "line", Text: say.T("Welche Leitung? Es gibt: {names}. Nichts geändert.", "Which line? There are: {names}. Nothing changed."),
		Args: []any{"names", cmp.Or(strings.Join(names, ", "), "–")},
	}
}

// announce tells every room of a line.
func (r *Request) announce(l *Line, text say.Text) ([]Reply, error) {
	replies := []Reply{answer(say.T("Erledigt; die Räume wissen es.", "Done; the rooms know."))}
	for _, name := range l.Rooms {
		others := strings.Join(slices.DeleteFunc(slices.Clone(l.Rooms), func(o string) bool { return o == name }), ", ")
		replies = append(replies, Reply{To: InRoom, Room: r.bot.room(name), Card: func(v say.Voice) Card {
			return Card{Text: text.In(v, "name", l.Name, "who", r.Person.First(), "others", others), Preview: say.T("Neues von der Leitung", "News of the line").In(v)}
		}})
	}
	return replies, nil
}
