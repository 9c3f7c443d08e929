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

// roomPace is how a room wants to hear of the line.
type roomPace struct {
	Room string `json:"room"`
	// Hourly: collected once an hour; questions and mentions still come at once.
	Hourly bool `json:"hourly,omitempty"`
	// Offered is when the room was last asked whether it wants that.
	Offered time.Time `json:"offered,omitzero"`
	By      string    `json:"by,omitempty"`
	At      time.Time `json:"at,omitzero"`
}

var paces = &Kind[roomPace]{Name: "pace", Version: 1, Key: func(p *roomPace) string { return p.Room }}

// pace is how a room wants to hear of the line.
func (k *books) pace(room string) (*roomPace, error) {
	p, err := paces.Get(k.r, room)
	if errors.Is(err, ErrNotFound) {
		return &roomPace{Room: room}, nil
	}
	return p, err
}

// collects reports whether a copy waits for the room's next digest: the room asked for one, and the message neither asks
// nor calls anybody.
func (k *books) collects(c *Crossing, room string) (bool, error) {
	pace, err := k.pace(room)
	if err != nil || !pace.Hourly {
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

// jobCollected brings a room what was collected for it. What the register stops by now goes its own way, and is held.
func jobCollected(_ context.Context, r *Request, name string) ([]Reply, error) {
	room := r.bot.room(name)
	if room == nil {
		return nil, nil
	}
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
		if c != nil && r.books.mayGo(c) == nil && !post.Deleted {
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
	pace, err := r.books.pace(room.Name)
	if err != nil || pace.Hourly || r.Now.Sub(pace.Offered) < offerAgain {
		return nil, err
	}
	pace.Offered = r.Now
	return []Reply{{To: InRoom, Room: room, Card: func(v say.Voice) Card {
		return Card{
			Text: say.T("Heute kamen hier schon über {n} Nachrichten über die Leitung. Soll ich sie einmal in der Stunde gesammelt bringen? Fragen und Erwähnungen kommen weiter sofort.",
				"More than {n} messages came over the line today. Shall I bring them once an hour, collected? Questions and mentions still come at once.").In(v, "n", noisyOver),
			Buttons: r.books.buttons(v, room.Name, "room.hourly", "room.atonce"),
			Preview: say.T("Heute ist viel los auf der Leitung", "The line is busy today").In(v),
		}
	}}}, paces.Put(r.Tx, pace)
}

// paceCommands let a room choose how it hears of the line.
func paceCommands() []Command {
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
	}
}

func runHourly(_ context.Context, r *Request) ([]Reply, error) {
	return r.setPace(true, say.T("Die Leitung kommt hier jetzt einmal in der Stunde gesammelt, eingestellt von {who}. Fragen und Erwähnungen kommen sofort.",
		"The line comes here once an hour from now on, collected, set by {who}. Questions and mentions come at once."))
}

func runAtOnce(_ context.Context, r *Request) ([]Reply, error) {
	return r.setPace(false, say.T("Die Leitung bringt hier alles sofort, eingestellt von {who}.", "The line brings everything here at once, set by {who}."))
}

// setPace changes the pace of a room and tells it. Whoever is in the room may; from elsewhere only those who may pause a line.
func (r *Request) setPace(hourly bool, news say.Text) ([]Reply, error) {
	here := r.bot.roomAt(r.Message.Place)
	room := here
	if r.Has("room") {
		room = r.bot.room(strings.TrimPrefix(r.Text("room"), "#"))
	}
	switch {
	case room == nil || len(r.bot.linesOf(room.Name)) == 0:
		return nil, &Error{Code: NotFound, Field: "room", Text: say.T("In welchem Raum? {Sagen Sie|Sag} es dort, wo es gelten soll. Nichts geändert.", "In which room? Say it where it shall hold. Nothing changed.")}
	case room != here && !r.Person.Is(Lead|PR|Admin):
		return nil, fault(Denied, say.T("Das entscheiden die im Raum {room}. Nichts geändert.", "That is up to those in the room {room}. Nothing changed."), "room", room.Name)
	}
	pace, err := r.books.pace(room.Name)
	if err != nil {
		return nil, err
	}
	if pace.Hourly == hourly {
		return nil, fault(Conflict, say.T("So ist es schon. Nichts geändert.", "It is like that already. Nothing changed."))
	}
	pace.Hourly, pace.By, pace.At = hourly, r.Person.ID, r.Now
	if err := paces.Put(r.Tx, pace); err != nil {
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
	if room != here {
		replies = append(replies, answer(say.T("Erledigt; der Raum weiß es.", "Done; the room knows.")))
	}
	return replies, nil
}
