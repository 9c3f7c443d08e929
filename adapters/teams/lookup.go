package teams

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"standleitung/bot"
	"standleitung/bot/markup"
)

const (
	// DefaultGraphLag is how long Microsoft Graph may take to show a message. For its lists Microsoft promises nothing, and one that was
	// read right after a message was posted has been seen without it (github.com/pnp/pnpcore/pull/853). For the notification of a message
	// it names less than ten seconds on average and a minute at most (learn.microsoft.com/graph/change-notifications-overview#latency):
	// what is not in a history a minute after the call is not there.
	DefaultGraphLag = time.Minute
	// lookPause is how often a history is read that may not show a message yet.
	lookPause = 10 * time.Second
	// failPause is the pause after a history that could not be read, doubled each time; after mostFailed in a row nobody can tell.
	failPause  = 5 * time.Second
	mostFailed = 5
	// longestAway is the longest pause that Microsoft Graph may ask for, else nobody can tell: an hour is no short delay.
	longestAway = 2 * time.Minute
	// lookBack is how far a history is read for something of which nobody knows when it was first tried.
	lookBack = 48 * time.Hour
)

var (
	errLooking   = errors.New("microsoft graph may not show it yet")
	errNoHistory = errors.New("no history can be read there")
)

// trace is what a history shows of a post whose fate was unknown.
type trace struct {
	// told is set when the history was read; without it nothing else is.
	told bool
	// parts are those of its messages that are there.
	parts map[int]twin
	// over are messages of it that it does not need.
	over []ref
	// top is set when it stands at the top of the channel, though it was for a thread.
	top bool
	// late is when it says that it was written, for a copy that came late.
	late time.Time
	// doubtful is set when something is there that may be it, and may not.
	doubtful bool
	// left is how long what is not there may still appear.
	left time.Duration
}

// twin is a message that is there; same says whether it says what it is to say.
type twin struct {
	ref

	same bool
}

// as is a delivery after it was looked for: without a mark where nothing is in doubt, and as late as what is there of it says.
func (f trace) as(d bot.Delivery) bot.Delivery {
	_, begun := f.parts[0]
	d.Unsure = !f.told || f.doubtful && !begun
	if begun && d.Copy != nil {
		c := *d.Copy
		c.Written, d.Copy = f.late, &c
	}
	return d
}

// wait is how long to wait until it is known which messages, of those before the n-th and from the first that is not known otherwise, are
// not there; 0 for not at all.
func (f trace) wait(first, n int) time.Duration {
	for i := first; i < n; i++ {
		if _, ok := f.parts[i]; !ok && f.told {
			return max(0, f.left)
		}
	}
	return 0
}

// beyond are its messages from the n-th on, and those that it does not need.
func (f trace) beyond(n int) []ref {
	refs := slices.Clone(f.over)
	for i, part := range f.parts {
		if i >= n {
			refs = append(refs, part.ref)
		}
	}
	return refs
}

// lookLater has the history read again.
func lookLater(wait time.Duration) error {
	return &bot.SendError{Fate: bot.Retry, After: min(wait, lookPause), Reason: "looking_up", Err: errLooking}
}

// lookUp looks in the history of a room for a post whose fate is unknown; refs are those of its messages that are known. When
// Microsoft Graph fails for the moment, the error says when to ask again; after some times nobody can tell.
func (a *Adapter) lookUp(ctx context.Context, core bot.Core, d bot.Delivery, refs []ref) (trace, error) {
	if a.graph == nil || d.Place.Direct {
		return trace{}, nil
	}
	found, err := a.traceOf(ctx, core, d, refs)
	if err == nil {
		a.doubts.read(d.Post)
		return found, nil
	}
	pause, again := a.doubts.unread(d.Post)
	if after := afterOf(err); after > 0 {
		a.graph.pauses.begin(d.Place.ID, a.now().Add(after))
		pause = after
	}
	if !again || !passing(err) || pause > longestAway {
		a.log.WarnContext(ctx, "cannot look up whether a message arrived", "room", d.Place.ID, "code", codeOf(err), "error", err)
		return trace{}, nil
	}
	return trace{}, &bot.SendError{Fate: bot.Retry, After: pause, Reason: "looking_up", Err: err}
}

// passing reports whether a history that could not be read may be read later.
func passing(err error) bool {
	var e *callError
	switch {
	case errors.Is(err, errNoHistory):
		return false
	case !errors.As(err, &e):
		return true
	case e.Status == 0 || e.Status == http.StatusOK:
		return e.Code == "unreachable" || e.Code == "no_token" || e.Code == "bad_answer"
	}
	return e.Status >= 500 || slices.Contains([]int{http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusTooManyRequests}, e.Status)
}

// traceOf reads a history and finds a post in it.
func (a *Adapter) traceOf(ctx context.Context, core bot.Core, d bot.Delivery, refs []ref) (trace, error) {
	doubt := a.doubts.of(d.Post)
	found := trace{told: true, parts: map[int]twin{}, left: doubt.last.Add(a.config.GraphLag).Sub(a.now())}
	since := cmp.Or(doubt.first, d.Since, a.now().Add(-lookBack)).Add(-maxSkew)
	list, err := a.strays(ctx, core, d.Place.ID, since)
	if err != nil {
		return trace{}, err
	}
	if d.Copy == nil {
		found.card(list, d, refs)
	} else {
		found.copy(list, d, refs)
	}
	return found, nil
}

// strays are the messages of the bot in a room since an instant that are not known as those of a copy, oldest first.
func (a *Adapter) strays(ctx context.Context, core bot.Core, room string, since time.Time) ([]*stray, error) {
	if left := a.graph.pauses.left(room, a.now()); left > 0 {
		return nil, &callError{Status: http.StatusTooManyRequests, Code: "throttled", After: left}
	}
	var list []*stray
	var ids []string
	see := func(m *chatMessage) {
		if a.wrote(m) && !timeOf(m.Created).Before(since) {
			s := strayOf(m)
			list, ids = append(list, s), append(ids, s.names()...)
		}
	}
	if err := a.recent(ctx, room, since, see); err != nil {
		return nil, err
	}
	known, err := core.Arrived(ctx, RoomPlace(room), ids...)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(s *stray) bool { return slices.ContainsFunc(s.names(), func(id string) bool { return known[id] }) })
	slices.SortFunc(list, func(x, y *stray) int { return cmp.Or(cmp.Compare(len(x.ID), len(y.ID)), cmp.Compare(x.ID, y.ID)) })
	return list, nil
}

// recent shows the messages of a room that changed after an instant, and others.
func (a *Adapter) recent(ctx context.Context, room string, since time.Time, see func(*chatMessage)) error {
	if !isChannel(room) {
		return a.chat(ctx, room, since, see)
	}
	group, err := a.groupOf(ctx, room)
	if err == nil && group == "" {
		err = errNoHistory
	}
	if err != nil {
		return err
	}
	return a.threads(ctx, room, group, since, see)
}

// wrote reports whether the bot wrote a message that is there.
func (a *Adapter) wrote(m *chatMessage) bool {
	return m.Type == "message" && m.Deleted == "" && m.From != nil && m.From.Application != nil && strings.EqualFold(m.From.Application.ID, a.config.AppID)
}

// stray is a message of the bot that is not known as that of a copy. Of cards their signs tell what they belong to. A text has no place
// for one: of all that a bot can set, Microsoft Graph shows what people see, and nothing else
// (learn.microsoft.com/graph/api/resources/chatmessage). It is known by where it stands, when it came, who wrote it, and what it says;
// the copies for a room go one after the other, so that of one only it is unknown whether it is there.
type stray struct {
	*chatMessage

	card         bool
	post         string // of a card, the digest of its post; empty for one that does not say
	part, change int    // of a card
	author, text string // of a copy: what can be read, without blanks
	late         bool   // of a copy: it says when it was written
	taken        bool
}

// names are the ids under which the core may know it.
func (s *stray) names() []string {
	names := []string{s.ID}
	if s.Root != "" {
		names = append(names, ref{s.Root, s.ID}.String())
	}
	return names
}

func strayOf(m *chatMessage) *stray {
	s := &stray{chatMessage: m}
	for _, att := range m.Attachments {
		if strings.EqualFold(att.ContentType, cardType) {
			s.card = true
			s.signed(att.Content)
		}
	}
	if !s.card {
		s.author, s.text, s.late = legible(m.Body.Type, m.Body.Content)
	}
	return s
}

// signed reads the sign of a card; its JSON stands in a text.
func (s *stray) signed(content json.RawMessage) {
	var card any
	var text string
	if json.Unmarshal(content, &text) == nil {
		content = json.RawMessage(text)
	}
	if json.Unmarshal(content, &card) != nil {
		return
	}
	parts := strings.Split(signIn(card), ".")
	if len(parts) != 4 {
		return
	}
	part, err := strconv.Atoi(parts[2])
	change, err2 := strconv.Atoi(parts[3])
	if err == nil && err2 == nil {
		s.post, s.part, s.change = parts[1], part, change
	}
}

// signIn finds the sign in a card; empty for none.
func signIn(v any) string {
	switch v := v.(type) {
	case map[string]any:
		if id, ok := v["id"].(string); ok && strings.HasPrefix(id, cardSign) {
			return id
		}
		for _, inner := range v {
			if id := signIn(inner); id != "" {
				return id
			}
		}
	case []any:
		for _, inner := range v {
			if id := signIn(inner); id != "" {
				return id
			}
		}
	}
	return ""
}

// legible is what can be read of a copy: who wrote it, and what, without blanks and what cannot be seen. What the program itself says of
// a repetition and of lateness is left out: it differs from try to try.
func legible(kind, content string) (author, text string, late bool) {
	doc := markup.ParseTeams(content, markup.Names{})
	if kind == "text" {
		doc = markup.ParseTeamsText(content, markup.Names{})
	}
	author, rest, _ := strings.Cut(markup.Plain(doc), "\n")
	for rest != "" {
		line, more, _ := strings.Cut(rest, "\n")
		again, stamped := strings.HasPrefix(line, againSign+" "), strings.HasPrefix(line, lateSign+" ")
		if strings.TrimSpace(line) != "" && !again && !stamped {
			break
		}
		rest, late = more, late || stamped
	}
	return squeezed(author), squeezed(rest), late
}

// squeezed is a text without blanks, and without what ties signs together or chooses their form.
func squeezed(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Cc, unicode.Variation_Selector) {
			return -1
		}
		return r
	}, s)
}

// put notes that a message is there.
func (f *trace) put(n int, s *stray, d bot.Delivery, same bool) {
	s.taken = true
	r := refIn(s, d.Place)
	if n == 0 {
		f.top = isChannel(d.Place.ID) && d.Place.Thread != "" && s.Root == ""
	}
	f.parts[n] = twin{r, same}
}

// refIn is how the core knows a message at a place.
func refIn(s *stray, p bot.Place) ref {
	if s.Root == p.Thread {
		return ref{id: s.ID}
	}
	return ref{s.Root, s.ID}
}

// card finds the messages of a card by their signs. One without a sign may be anybody's.
func (f *trace) card(list []*stray, d bot.Delivery, refs []ref) {
	post := digest(d.Post)
	for _, s := range list {
		r := refIn(s, d.Place)
		_, there := f.parts[s.part]
		switch {
		case !s.card || slices.ContainsFunc(refs, func(known ref) bool { return known.id == s.ID }):
		case s.post == "":
			f.doubtful = f.doubtful || s.Root == "" || s.Root == d.Place.Thread
		case s.post != post:
		case there || s.part < len(refs):
			f.over = append(f.over, r)
		default:
			f.put(s.part, s, d, s.change == d.Revision)
		}
	}
}

// copy finds the messages of a copy among what stands where it would. The text tells which they are; of one that was changed since it was
// tried, and of one whose text is gone because it was deleted, it is enough who wrote it.
func (f *trace) copy(list []*stray, d bot.Delivery, refs []ref) {
	if d.Copy.Author == (bot.Author{}) {
		f.told = false // nothing of it is known any more
		return
	}
	h := &hunt{trace: f, d: d, changed: d.Op != bot.OpPost || d.Revision > 1, under: []string{"", d.Place.Thread}}
	author := squeezed(authorLine(d.Copy.Author, d.Voice))
	for _, s := range list {
		switch {
		case s.card:
		case s.author == author:
			h.own = append(h.own, s)
			if s.late {
				f.late = d.Copy.Written
			}
		case s.author == "" && slices.Contains(h.under, s.Root):
			f.doubtful = true // nobody can read it
		}
	}
	if len(refs) > 0 {
		h.begin(refs[0].id, refs[0].root)
	}
	if d.Op != bot.OpDelete {
		for n, text := range h.readings() {
			if n >= len(refs) && !h.find(n, text) && n == 0 {
				break // the others would be in its thread
			}
		}
	}
	h.rest()
}

// hunt is the search for the messages of a copy.
type hunt struct {
	*trace

	d       bot.Delivery
	own     []*stray // what the same person wrote, as far as nobody knows to which copy it belongs
	changed bool     // it may say something else than what it said when it was tried
	under   []string // the threads in which the next message can be; empty for the top
}

// begin notes where the first message is: what follows it is in its thread, or in the one that it is in.
func (h *hunt) begin(id, root string) {
	switch {
	case !isChannel(h.d.Place.ID):
	case root == "" && (h.d.Place.Thread == "" || h.top):
		h.under = []string{id}
	default:
		h.under = []string{h.d.Place.Thread}
	}
}

// readings are what can be read of each message, which are cut as they were when it was tried.
func (h *hunt) readings() []string {
	d, c := h.d, *h.d.Copy
	d.Copy, d.Unsure, c.Written = &c, false, h.late
	var all []string
	for _, m := range render(d, h.late) {
		_, text, _ := legible("html", m.Text)
		all = append(all, text)
	}
	return all
}

// find finds the n-th message.
func (h *hunt) find(n int, text string) bool {
	says := func(s *stray) bool { return s.text == text }
	anything := func(*stray) bool { return h.changed }
	for _, fits := range []func(*stray) bool{says, anything} {
		for _, s := range h.own {
			if s.taken || !slices.Contains(h.under, s.Root) || !fits(s) {
				continue
			}
			h.put(n, s, h.d, s.text == text)
			if n == 0 {
				h.begin(s.ID, s.Root)
			}
			return true
		}
	}
	return false
}

// rest deals with what was not found to be a part of it, and stands where one would.
func (h *hunt) rest() {
	for _, s := range h.own {
		if s.taken || !slices.Contains(h.under, s.Root) {
			continue
		}
		if !h.changed {
			h.doubtful = true
			continue
		}
		h.over = append(h.over, refIn(s, h.d.Place))
		if h.d.Op == bot.OpDelete && isChannel(h.d.Place.ID) && s.Root == "" {
			h.below(s.ID)
		}
	}
}

// below adds what stands in the thread of a message that is to go.
func (h *hunt) below(root string) {
	for _, s := range h.own {
		if s.Root == root {
			h.over = append(h.over, refIn(s, h.d.Place))
		}
	}
}

// doubt is what is known of the tries of a post whose fate is not. The times are those of this machine.
type doubt struct {
	first  time.Time // zero when it was before the program began
	last   time.Time // when the last one had ended
	failed int       // how often in a row its history could not be read
}

// doubts are those of the posts.
type doubts struct {
	mu    sync.Mutex
	began time.Time // when the last try of those had ended of which nothing is known here
	known map[string]doubt
}

// begin is called when the program begins: what was tried before it has ended.
func (l *doubts) begin(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.began, l.known = now, map[string]doubt{}
}

// note takes in how a delivery went.
func (l *doubts) note(d bot.Delivery, from, until time.Time, err error) {
	var e *bot.SendError
	switch {
	case d.Op == bot.OpReact:
	case err == nil || errors.As(err, &e) && e.Fate == bot.Never:
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.known, d.Post)
	case e == nil || e.Fate == bot.Unknown:
		before := l.of(d.Post)
		l.put(d.Post, doubt{first: cmp.Or(before.first, from), last: until})
	}
}

func (l *doubts) put(post string, now doubt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.known) >= mostKept {
		l.began, l.known = now.last, map[string]doubt{}
	}
	l.known[post] = now
}

func (l *doubts) of(post string) doubt {
	l.mu.Lock()
	defer l.mu.Unlock()
	if d, ok := l.known[post]; ok {
		return d
	}
	return doubt{last: l.began}
}

// read notes that the history of a post was read.
func (l *doubts) read(post string) {
	if d := l.of(post); d.failed > 0 {
		d.failed = 0
		l.put(post, d)
	}
}

// unread notes that it could not be read, and returns when to try again; false for not at all.
func (l *doubts) unread(post string) (time.Duration, bool) {
	d := l.of(post)
	d.failed++
	l.put(post, d)
	return failPause << (d.failed - 1), d.failed < mostFailed
}
