package bot

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"standleitung/bot/markup"
	"standleitung/bot/say"
)

const (
	// noisyOver is how many copies a room gets in a day before it is offered to have them collected.
	noisyOver = 40
	// offerAgain is how long a room is left alone with that offer.
	offerAgain = 30 * 24 * time.Hour
	// collectEvery is the pace of a room that wants its copies collected: at each full hour.
	collectEvery = time.Hour
)

// roomSetting is what the people of a room decided for it.
type roomSetting struct {
	Room string `json:"room"`
	// Language is that of what the bot says to all in it; empty for the company's.
	Language say.Language `json:"language,omitempty"`
	// Hourly: collected once an hour; questions and mentions still come at once.
	Hourly bool `json:"hourly,omitempty"`
	// Offered is when the room was last asked whether it wants that.
	Offered time.Time `json:"offered,omitzero"`
	By      string    `json:"by,omitempty"`
	At      time.Time `json:"at,omitzero"`
}

var roomSettings = &Kind[roomSetting]{Name: "room", Version: 1, Key: func(s *roomSetting) string { return s.Room }}

// setting is what was decided for a room; the zero setting where nothing was.
func (k *books) setting(room string) (*roomSetting, error) {
	s, err := roomSettings.Get(k.r, room)
	if errors.Is(err, ErrNotFound) {
		return &roomSetting{Room: room}, nil
	}
	return s, err
}

// speech is how a room is spoken to.
func (k *books) speech(room *Room) (say.Voice, error) {
	s, err := k.setting(room.Name)
	if err != nil {
		return say.Voice{}, err
	}
	return voiceOr(say.Voice{Language: s.Language}, k.bot.voice), nil
}

// collects reports whether a copy waits for the room's next digest: the room asked for one, and the message neither asks
// nor calls anybody.
func (k *books) collects(c *Crossing, room string) (bool, error) {
	set, err := k.setting(room)
	if err != nil || !set.Hourly {
		return false, err
	}
	urgent := strings.Contains(markup.Plain(c.Body), "?")
	markup.Replace(c.Body, func(in markup.Inline) markup.Inline {
		urgent = urgent || in.Kind == markup.Mention
		return in
	})
	return !urgent, nil
}

// collect puts a copy aside for the room's next digest.
func (r *Request) collect(post *Post, room string) error {
	post.Collected = room
	if err := posts.Put(r.Tx, post); err != nil {
		return err
	}
	return setTimerOnce(r.Tx, "room.collected", room, r.Now.Truncate(collectEvery).Add(collectEvery))
}

// jobCollected brings a room what was collected for it. What the register stops by now goes its own way, and is held; so
// does what was collected for a room that is not configured any more, and cannot be delivered.
func jobCollected(_ context.Context, r *Request, name string) ([]Reply, error) {
	room := r.bot.room(name)
	from, to := Under(name)
	var ready []*Post
	for post, err := range posts.All(r.Tx, Query{Index: "collected", From: from, To: to, Limit: digestMost + 1}) {
		if err != nil {
			return nil, err
		}
		if len(ready) == digestMost { // the rest comes in another one
			if err := r.setTimer("room.collected", name, r.Now.Add(time.Second)); err != nil {
				return nil, err
			}
			break
		}
		post.Collected = ""
		c, err := r.books.crossing(post.Origin)
		if err != nil {
			return nil, err
		}
		if c != nil && room != nil && r.books.mayGo(c) == nil && !post.Deleted {
			ready = append(ready, post)
		} else if err := r.send(post); err != nil {
			return nil, err
		}
	}
	if len(ready) == 0 {
		return nil, nil
	}
	return nil, r.bundle(digestHourly+postKey(Compose("collected", name), r.Now, 0), room.Place.Top(), ready)
}

// traffic counts the copies that came to each room today. It is not stored: after a restart a noisy room is asked later.
type traffic struct {
	mu     sync.Mutex
	day    string
	copies map[Place]int
}

// count takes in one more copy and reports whether the room has become noisy with it.
func (t *traffic) count(place Place, day string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.day != day {
		t.day, t.copies = day, map[Place]int{}
	}
	t.copies[place]++
	return t.copies[place] == noisyOver+1
}

// heard notes that a copy came to a room, and has a noisy one asked whether it wants them collected.
func (b *Bot) heard(ctx context.Context, place Place) {
	day := b.now().In(b.zone).Format(time.DateOnly)
	room := b.roomAt(place)
	if room == nil || !b.traffic.count(place.Top(), day) {
		return
	}
	err := b.Do(ctx, Compose("noisy", room.Name, day), func(_ context.Context, r *Request) ([]Reply, error) { return r.offerHourly(room) })
	if err != nil {
		b.log.WarnContext(ctx, "cannot offer a noisy room to collect", "error", err)
	}
}

// offerHourly asks a room whether it wants its copies collected: now and then, not every day.
func (r *Request) offerHourly(room *Room) ([]Reply, error) {
	set, err := r.books.setting(room.Name)
	if err != nil || set.Hourly || r.Now.Sub(set.Offered) < offerAgain {
		return nil, err
	}
	set.Offered = r.Now
	return []Reply{{To: InRoom, Room: room, Card: func(v say.Voice) Card {
		return Card{
			Text: say.T("Heute kamen hier schon über {n} Nachrichten über die Leitung. Soll ich sie einmal in der Stunde gesammelt bringen? Fragen und Erwähnungen kommen weiter sofort.",
				"More than {n} messages came over the line today. Shall I bring them once an hour, collected? Questions and mentions still come at once.").In(v, "n", noisyOver),
			Buttons: r.books.buttons(v, room.Name, "room.hourly", "room.atonce"),
			Preview: say.T("Heute ist viel los auf der Leitung", "The line is busy today").In(v),
		}
	}}}, roomSettings.Put(r.Tx, set)
}

// roomCommands let a room choose how it hears of the line.
func roomCommands() []Command {
	room := Arg{Name: "room", Kind: ArgLine, Free: true, Max: 80, Label: say.T("Welcher Raum?", "Which room?")}
	return []Command{
		{
			Name: "room.hourly", DE: []string{"stündlich"}, EN: []string{"hourly"}, Roles: Everyone, Args: []Arg{room},
			Label: say.T("Stündlich gesammelt", "Hourly, collected"), Help: say.T("Die Leitung bringt diesem Raum einmal in der Stunde alles gesammelt; Fragen und Erwähnungen sofort.",
				"The line brings this room everything once an hour, collected; questions and mentions at once."),
			Example: say.T("stündlich", "hourly"), Run: runHourly,
		},
		{
			Name: "room.atonce", DE: []string{"sofort"}, EN: []string{"at once"}, Roles: Everyone, Args: []Arg{room},
			Label: say.T("Alles sofort", "Everything at once"), Help: say.T("Die Leitung bringt diesem Raum alles sofort.", "The line brings this room everything at once."),
			Example: say.T("sofort", "at once"), Run: runAtOnce,
		},
		{
			Name: "room.language", DE: []string{"raumsprache"}, EN: []string{"room language"}, Roles: Everyone,
			Args:  []Arg{{Name: "language", Kind: ArgWord, Free: true, Required: true, Max: 20, Label: say.T("Deutsch oder English?", "Deutsch or English?")}, room},
			Label: say.T("Sprache des Raums umstellen", "Change the room's language"), Help: say.T("In welcher Sprache ich in diesem Raum zu allen spreche: de oder en.",
				"The language in which I speak to all in this room: de or en."),
			Example: say.T("raumsprache en", "room language de"), Run: runRoomLanguage,
		},
	}
}

func runHourly(_ context.Context, r *Request) ([]Reply, error) {
	return r.setPace(true, say.T("Die Leitung kommt hier jetzt einmal in der Stunde gesammelt, eingestellt von {who}. Fragen und Erwähnungen kommen sofort.",
		"The line comes here once an hour from now on, collected, set by {who}. Questions and mentions come at once."))
}

func runAtOnce(_ context.Context, r *Request) ([]Reply, error) {
	return r.setPace(false, say.T("Die Leitung bringt hier alles sofort, eingestellt von {who}.", "The line brings everything here at once, set by {who}."))
}

// theRoom is the room that the command is about: the one that it names, else the one where it was said. Whoever is in it may
// decide; from elsewhere only those who may pause a line.
func (r *Request) theRoom() (room *Room, here bool, err error) {
	room = r.bot.roomAt(r.Message.Place)
	at := room
	if r.Has("room") {
		room = r.bot.room(strings.TrimPrefix(r.Text("room"), "#"))
	}
	switch {
	case room == nil || len(r.bot.linesOf(room.Name)) == 0:
		return nil, false, &Error{Code: NotFound, Field: "room", Text: say.T("In welchem Raum? {Sagen Sie|Sag} es dort, wo es gelten soll. Nichts geändert.", "In which room? Say it where it shall hold. Nothing changed.")}
	case room != at && !r.Person.Is(Lead|PR|Admin):
		return nil, false, fault(Denied, say.T("Das entscheiden die im Raum {room}. Nichts geändert.", "That is up to those in the room {room}. Nothing changed."), "room", room.Name)
	}
	return room, room == at, nil
}

// setPace changes the pace of a room and tells it.
func (r *Request) setPace(hourly bool, news say.Text) ([]Reply, error) {
	room, here, err := r.theRoom()
	if err != nil {
		return nil, err
	}
	set, err := r.books.setting(room.Name)
	if err != nil {
		return nil, err
	}
	if set.Hourly == hourly {
		return nil, fault(Conflict, say.T("So ist es schon. Nichts geändert.", "It is like that already. Nothing changed."))
	}
	set.Hourly, set.By, set.At = hourly, r.Person.ID, r.Now
	if err := roomSettings.Put(r.Tx, set); err != nil {
		return nil, err
	}
	if !hourly {
		if _, err := jobCollected(context.Background(), r, room.Name); err != nil {
			return nil, err
		}
	}
	replies := []Reply{{To: InRoom, Room: room, Card: func(v say.Voice) Card {
		card := Card{Text: news.In(v, "who", r.Person.First()), Preview: say.T("Neues von der Leitung", "News of the line").In(v)}
		if hourly {
			card.Buttons = r.books.buttons(v, room.Name, "room.atonce")
		}
		return card
	}}}
	if !here {
		replies = append(replies, answer(say.T("Erledigt; der Raum weiß es.", "Done; the room knows.")))
	}
	return replies, nil
}

// runRoomLanguage changes the language of a room. Who reads along there is said anew in it.
func runRoomLanguage(_ context.Context, r *Request) ([]Reply, error) {
	l, err := r.language()
	if err != nil {
		return nil, err
	}
	room, _, err := r.theRoom()
	if err != nil {
		return nil, err
	}
	set, err := r.books.setting(room.Name)
	if err != nil {
		return nil, err
	}
	set.Language, set.By, set.At = l, r.Person.ID, r.Now
	if err := roomSettings.Put(r.Tx, set); err != nil {
		return nil, err
	}
	for _, line := range r.bot.linesOf(room.Name) {
		if err := r.respeak(introductionRef(line, room), room); err != nil {
			return nil, err
		}
	}
	return []Reply{answer(say.T("Gut: In {room} spreche ich ab jetzt {language}.", "Right: in {room} I'll speak {language} from now on."), "room", room.Name, "language", languageNames[l])}, nil
}

// respeak says a room's living card anew, in the room's language.
func (r *Request) respeak(ref string, room *Room) error {
	v, err := r.books.speech(room)
	if err != nil {
		return err
	}
	from, to := Under(ref)
	var stale []*Post
	for post, err := range posts.All(r.Tx, Query{Index: "ref", From: from, To: to, Limit: mostCards}) {
		if err != nil {
			return err
		}
		stale = append(stale, post)
	}
	for _, post := range stale {
		post.Voice = v
		if err := rewrite(r, post); err != nil {
			return err
		}
	}
	return nil
}
