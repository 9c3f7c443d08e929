package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"standleitung/bot"
	"standleitung/bot/say"
)

const (
	maxText   = 40_000    // characters of one text, as in Slack: what is written here must not be shorter than what arrives
	maxBody   = 256 << 10 // bytes of one request
	maxDrain  = 16 << 20  // bytes of a longer one that are read so that the answer arrives
	maxDo     = 200       // bytes of an action
	maxFields = 50        // of a form
)

// request is everything that the page can send; each act uses its part.
type request struct {
	Person string            `json:"person"`
	ID     string            `json:"id"`     // made by the page; the same thing sent again bears the same
	Place  string            `json:"place"`  // a room's id, or "direct"
	Thread string            `json:"thread"` // id of the post that the thread hangs on
	Text   string            `json:"text"`   // of say and edit
	Files  []sentFile        `json:"files"`  // of say
	Post   string            `json:"post"`   // id of the card of press, of the post of edit and delete
	Do     string            `json:"do"`     // of press, submit and shortcut
	Fields map[string]string `json:"fields"` // of submit

	Emoji   string `json:"emoji"`   // of react
	Removed bool   `json:"removed"` // of react: it is taken away
}

// answer is what the page hears at once.
type answer struct {
	bot.Outcome
	// Seen is set when the same thing had been received before.
	Seen bool `json:"seen,omitempty"`
}

// fault is an answer that says why nothing was done, in the person's language.
type fault struct {
	status int
	code   string
	text   say.Text
}

func (f *fault) Error() string { return f.code }

// act returns the handler of one act: it reads the request, has make build the message, and answers with what the core
// said. The core has persisted everything before the answer goes out.
func (a *Adapter) act(make func(*Adapter, *Person, request) (bot.Message, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		core, ok := a.shift.Enter()
		if !ok {
			a.refuse(w, r, nil, &fault{http.StatusServiceUnavailable, "not_running", texts().notRunning})
			return
		}
		defer a.shift.Leave()
		req, err := read(w, r)
		person := a.people[req.Person]
		if err == nil && person == nil {
			err = &fault{http.StatusNotFound, "unknown_person", texts().unknownPerson}
		}
		var m bot.Message
		if err == nil {
			m, err = make(a, person, req)
		}
		if err != nil {
			a.refuse(w, r, person, err)
			return
		}
		// A page that goes away does not take back what it sent.
		out, err := core.Receive(context.WithoutCancel(r.Context()), m)
		a.wake()
		if err != nil {
			a.log.WarnContext(r.Context(), "message was not stored", "kind", m.Kind, "turn", m.Turn, "error", err)
			a.refuse(w, r, person, &fault{http.StatusServiceUnavailable, "not_stored", texts().notStored})
			return
		}
		writeJSON(w, http.StatusOK, answer{Outcome: out, Seen: out.Seen})
	}
}

// said makes the message of something written. What a person wrote lands in the journal with its effect.
func said(a *Adapter, p *Person, req request) (bot.Message, error) {
	m, err := a.message("say", bot.Said, p, req)
	if err == nil {
		err = checkText(req.Text, len(req.Files) > 0)
	}
	if err != nil {
		return m, err
	}
	files, err := a.attach(m.Place, req.Files)
	if err != nil {
		return m, err
	}
	m.Files = filesOf(files)
	if m.Place, err = a.rooted(m.Place, p); err != nil {
		return m, err
	}
	m.ID = req.ID
	m.Text, m.Addressed = address(req.Text, m.Place.Direct)
	e := entry{
		ID: req.ID, Op: bot.OpPost, Place: m.Place, From: &author{ID: p.ID, Name: p.Name}, Text: req.Text, Files: files, At: m.At,
	}
	note, err := e.note(saidKey(req.ID))
	m.Notes = []bot.Note{note}
	return m, err
}

// rooted moves an answer to the thread that it belongs to: that of a post which is still there, and not for one person
// only. Buttons and forms are not as choosy, so that they work for as long as their card can be seen.
func (a *Adapter) rooted(place bot.Place, p *Person) (bot.Place, error) {
	if place.Thread == "" {
		return place, nil
	}
	root, ok := a.chat.find(place.Thread, p.ID)
	if !ok || root.top != place.Top() || root.Private {
		return place, &fault{http.StatusNotFound, "unknown_thread", texts().unknownThread}
	}
	if root.Thread != "" { // an answer to an answer belongs to the same thread
		place.Thread = root.Thread
	}
	return place, nil
}

// pressed makes the message of a pressed button.
func pressed(a *Adapter, p *Person, req request) (bot.Message, error) {
	if !validPostID(req.Post) || req.Do == "" || len(req.Do) > maxDo {
		return bot.Message{}, &fault{http.StatusBadRequest, "bad_request", texts().badRequest}
	}
	// The card's own place counts, as long as the card is remembered; its buttons work longer than that.
	if card, ok := a.chat.find(req.Post, p.ID); ok {
		req.Place, req.Thread = card.Place, card.Thread
	}
	m, err := a.message("press", bot.Pressed, p, req)
	m.ID, m.Do = req.Post, req.Do
	return m, err
}

// submitted makes the message of a form that was sent.
func submitted(a *Adapter, p *Person, req request) (bot.Message, error) {
	if req.Do == "" || len(req.Do) > maxDo || len(req.Fields) > maxFields {
		return bot.Message{}, &fault{http.StatusBadRequest, "bad_request", texts().badRequest}
	}
	for _, v := range req.Fields {
		if utf8.RuneCountInString(v) > maxText {
			return bot.Message{}, &fault{http.StatusRequestEntityTooLarge, "too_long", texts().tooLong}
		}
	}
	m, err := a.message("submit", bot.Submitted, p, req)
	m.Do, m.Fields = req.Do, req.Fields
	return m, err
}

// opened makes the message of the first look into the direct conversation; it is the same turn each time.
func opened(a *Adapter, p *Person, _ request) (bot.Message, error) {
	return bot.Message{
		Turn: turnOf("opened", p.ID), Kind: bot.Opened, Place: DirectPlace(p.ID), From: identity(p), At: a.now(),
	}, nil
}

// message makes what all messages have in common.
func (a *Adapter) message(act string, kind bot.MessageKind, p *Person, req request) (bot.Message, error) {
	if !validPageID(req.ID) {
		return bot.Message{}, &fault{http.StatusBadRequest, "bad_id", texts().badRequest}
	}
	place := RoomPlace(req.Place)
	if req.Place == directPlace {
		place = DirectPlace(p.ID)
	} else if a.rooms[req.Place] == nil {
		return bot.Message{}, &fault{http.StatusNotFound, "unknown_room", texts().unknownRoom}
	}
	if req.Thread != "" && !validPostID(req.Thread) {
		return bot.Message{}, &fault{http.StatusBadRequest, "bad_thread", texts().badRequest}
	}
	place.Thread = req.Thread
	return bot.Message{Turn: turnOf(act, req.ID), Kind: kind, Place: place, From: identity(p), At: a.now()}, nil
}

func identity(p *Person) bot.Identity {
	return bot.Identity{Adapter: Name, ID: p.ID, Name: p.Name, Language: string(p.Language)}
}

// address tells whether a text is meant for the bot, and takes away what says so: the slash of a command or, in a room,
// the first mention of the bot. All else stays as it was written.
func address(text string, direct bool) (rest string, addressed bool) {
	if rest, ok := command(text); ok {
		return rest, true
	}
	if direct {
		return text, false
	}
	rest, ok := unmention(text)
	if !ok {
		return text, false
	}
	if command, ok := command(rest); ok {
		rest = command
	}
	return rest, true
}

// command takes away the slash before a word at the start.
func command(text string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(strings.TrimLeftFunc(text, blank), "/")
	next, _ := utf8.DecodeRuneInString(rest)
	if !ok || next == '/' || blank(next) || rest == "" {
		return text, false
	}
	return rest, true
}

// unmention takes away the first mention of the bot, with what sets it off: a colon or comma after it, and the blanks
// that would be doubled.
func unmention(text string) (rest string, ok bool) {
	const mention = "@" + botName
	for from := 0; from+len(mention) <= len(text); from++ {
		end := from + len(mention)
		if !strings.EqualFold(text[from:end], mention) {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(text[:from])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if from > 0 && wordly(before) || end < len(text) && wordly(after) {
			continue
		}
		tail := text[end:]
		if strings.HasPrefix(tail, ":") || strings.HasPrefix(tail, ",") {
			tail = tail[1:]
		}
		if from == 0 || blank(before) {
			tail = strings.TrimLeft(tail, " \t")
		}
		if strings.TrimFunc(text[:from], blank) == "" {
			return strings.TrimLeftFunc(tail, blank), true
		}
		if tail == "" {
			return strings.TrimRightFunc(text[:from], blank), true
		}
		return text[:from] + tail, true
	}
	return text, false
}

// wordly reports whether a rune next to a mention makes it part of a longer word or an address.
func wordly(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-@", r)
}

// blank reports whether a rune shows nothing.
func blank(r rune) bool {
	return unicode.IsSpace(r) || r == utf8.RuneError || unicode.Is(unicode.Cf, r) || unicode.IsControl(r)
}

// read reads the JSON body of a request.
func read(w http.ResponseWriter, r *http.Request) (req request, err error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return req, &fault{http.StatusUnsupportedMediaType, "not_json", texts().badRequest}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, io.NopCloser(io.LimitReader(r.Body, maxBody+1)), maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		_, _ = io.CopyN(io.Discard, r.Body, maxDrain)
		return req, &fault{http.StatusRequestEntityTooLarge, "too_long", texts().tooLong}
	case err != nil:
		return req, &fault{http.StatusBadRequest, "cut_off", texts().badRequest}
	case !utf8.Valid(body):
		return req, &fault{http.StatusBadRequest, "not_utf8", texts().notUTF8}
	case json.Unmarshal(body, &req) != nil:
		return req, &fault{http.StatusBadRequest, "bad_request", texts().badRequest}
	}
	return req, nil
}
