package bot_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"standleitung/bot"
	"standleitung/bot/say"
	"standleitung/bot/when"
	"standleitung/schedules"
	"standleitung/store/bolt"
)

var update = flag.Bool("update", false, "rewrite what the bot says in the conversations; read the diff")

// TestConversations plays every script in testdata in both languages, on a real bbolt file and a fake clock. A script
// is a txtar archive: what all share in "config", the talk in "de" and "en". In a talk
//
//	@ 2027-03-27 22:00          moves the clock (also: @ +5m)
//	anna to bot> text           says something in the direct conversation
//	anna in #pr> text           says something in a room; /verb and @bot address the bot
//	anna in #pr @3> text        replies in the thread of post 3
//	anna in #pr edits 3> text   changes post 3; "edits 3 at -1m>" with an older time of the platform
//	anna in #pr deletes 3       deletes post 3
//	anna in #pr [a.png 12kB, b.pdf 30MB]> text
//	                            says something with files, at "edits 3" too; "[99x a.png 1kB]" are 99 of them
//	vanish a.png                the file is gone from the platform; with "break" it cannot be read
//	anna in #pr reacts 3 👍     puts an emoji on post 3; "unreacts" takes it away
//	anna in #pr shortcuts line.all 3  uses a shortcut on post 3
//	anna in #pr joins           comes into a room; "leaves" goes out of it
//	members of #pr: anna tom    the platform tells who is in a room, all of them
//	anna's desk                 looks at her desk
//	anna opens                  opens the direct conversation for the first time
//	anna presses Label          presses the newest button of that label that anna can see; "Label @3" that of post 3
//	anna presses it again       presses the last button once more, though it may be gone
//	anna submits a=b | c=d      sends the form that was opened for anna
//	quietly 40 anna in #pr> a   does something many times and leaves out what is seen
//	again                       the platform delivers the last message once more
//	restart                     the program ends and starts again on the same store
//	fault next retry 30s        the platform answers the next delivery with this fate; "fault #pr never" the next to a room;
//	                            with "slow 20s" it is under way for that long, then arrives; a word instead is the reason
//	stop until 2026-12-01 09:00 the program ends and starts again at that time
//	clock -1h                   somebody sets the clock, by so much
//	calendar DE-BY              the program starts again with the holidays of a region; "calendar" alone knows weekends
//	leaves lea                  the program starts again without a person in the configuration
//
// and indented lines are what is seen: posts (<), rewritten posts (~), forms, and what was answered in the same breath.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/talk/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations found: %v", err)
	}
	var exercised sync.Map
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, language := range []string{"de", "en"} {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+language, func(t *testing.T) {
				section := sectionOf(archive, language)
				if section == nil {
					t.Fatalf("%s has no talk in %q", file, language)
				}
				var got string
				synctest.Test(t, func(t *testing.T) {
					p := newPlay(t, string(sectionOf(archive, "config").Data), say.Language(language), &exercised)
					got = p.run(string(section.Data))
				})
				if *update {
					section.Data = []byte(got)
				} else if diff := gocmp.Diff(string(section.Data), got); diff != "" {
					t.Errorf("the talk went otherwise (-want +got):\n%s", diff)
				}
				if left := regexp.MustCompile(`\{[a-zA-Z|: ]+\}`).FindString(got); left != "" {
					t.Errorf("a placeholder was not filled: %s", left)
				}
			})
		}
		if *update {
			if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, name := range bot.CommandNames() {
		if _, ok := exercised.Load(name); !ok {
			t.Errorf("no conversation exercises the command %s", name)
		}
	}
}

func sectionOf(a *txtar.Archive, name string) *txtar.File {
	i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return &a.Files[i]
}

// play is one conversation under way.
type play struct {
	t      *testing.T
	config bot.Config
	chat   *chat
	bot    *bot.Bot
	stop   func()
	path   string
	begin  string       // when it begins; empty for Monday, 23 November 2026, 09:12
	offset atomic.Int64 // of the bot's clock, in nanoseconds
	forms  map[string]*bot.Form
	// written is what people said in rooms, by room and id.
	written map[string]bot.Subject
	last    bot.Message
	// pressed is the last press of a button that was shown.
	pressed bot.Message
	turn    int
	out     strings.Builder
}

func newPlay(t *testing.T, config string, language say.Language, exercised *sync.Map) *play {
	p := &play{t: t, path: filepath.Join(t.TempDir(), "talk.db"), forms: map[string]*bot.Form{}, written: map[string]bot.Subject{}}
	p.chat = &chat{can: bot.Capabilities{MaxText: 4000, MaxFile: 10_000_000, Private: true, Threads: true, Edits: true, Forms: true}}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	p.config = bot.Config{
		Adapters: []bot.Adapter{p.chat}, Voice: say.Voice{Language: language}, Zone: berlin,
		Now: func() time.Time { return time.Now().Add(time.Duration(p.offset.Load())) },
		Log: slog.New(slog.DiscardHandler),
		Observe: func(o bot.Observation) {
			if o.What == "turn" && o.Code == "ok" {
				exercised.Store(o.Command, true)
			}
		},
	}
	for line := range strings.Lines(config) {
		p.configure(strings.Fields(line))
	}
	return p
}

// configure reads a line of the config section: "person id Name role,role [du] [en] [afar] [nochat] [Zone/Name]", "room name
// party", "line name mode guard|open room room …", "gives room role", "calendar region", "reminders before at budget", "briefing at who …",
// "begin 2027-03-26 09:12", "no private" or "no files".
func (p *play) configure(words []string) {
	if len(words) == 0 {
		return
	}
	switch words[0] {
	case "person":
		m := bot.Member{ID: words[1], Name: strings.ReplaceAll(words[2], "_", " "), Identities: []bot.Identity{{Adapter: "chat", ID: words[1]}}}
		for _, w := range words[3:] {
			switch w {
			case "du":
				m.Voice.Address = say.Du
			case "afar":
				m.Identities[0].Adapter = "elsewhere"
			case "nochat":
				m.Identities = nil
			case "en", "de":
				m.Voice.Language = say.Language(w)
			default:
				if strings.Contains(w, "/") {
					zone, err := time.LoadLocation(w)
					if err != nil {
						p.t.Fatal(err)
					}
					m.Zone = zone
					continue
				}
				for role := range strings.SplitSeq(w, ",") {
					r, ok := bot.ParseRole(role)
					if !ok {
						p.t.Fatalf("no role %q", role)
					}
					m.Roles |= r
				}
			}
		}
		p.config.People = append(p.config.People, m)
	case "room":
		p.config.Rooms = append(p.config.Rooms, bot.Room{Name: words[1], Party: words[2], Place: bot.Place{Adapter: "chat", ID: "#" + words[1]}})
	case "gives": // gives room role
		if p.config.RoomRoles == nil {
			p.config.RoomRoles = map[string]bot.Roles{}
		}
		role, _ := bot.ParseRole(words[2])
		p.config.RoomRoles[words[1]] |= role
	case "line":
		l := bot.Line{Name: words[1], Mode: bot.LineMode(words[2]), Guard: words[3] == "guard"}
		l.Rooms = words[4:]
		p.config.Lines = append(p.config.Lines, l)
	case "no":
		if words[1] == "files" {
			p.chat.can.MaxFile = 0
		} else {
			p.chat.can.Private = false
		}
	case "calendar":
		c, err := when.NewCalendar(strings.Join(words[1:], " "))
		if err != nil {
			p.t.Fatal(err)
		}
		p.config.Calendar = c
	case "reminders":
		p.config.Reminders = &bot.Reminders{Before: number(p.t, words[1]), At: timeOfDay(p.t, words[2]), Budget: number(p.t, words[3])}
	case "briefing":
		p.config.Briefing = &bot.Briefing{At: timeOfDay(p.t, words[1]), To: words[2:]}
	case "begin":
		p.begin = strings.Join(words[1:], " ")
	default:
		p.t.Fatalf("config: %v", words)
	}
}

func number(t *testing.T, word string) int {
	n, err := strconv.Atoi(word)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func timeOfDay(t *testing.T, word string) when.Clock {
	c, err := when.ParseClock(word)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// start opens the store and runs the bot.
func (p *play) start() {
	store, err := bolt.Open(p.t.Context(), bolt.Config{Path: p.path, Now: p.config.Now, Log: p.config.Log, Migrations: bot.Migrations()})
	if err != nil {
		p.t.Fatal(err)
	}
	p.config.Store = store
	if p.bot, err = bot.New(p.config); err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(p.t.Context())
	done := make(chan error)
	runner, err := schedules.New(schedules.Config{Jobs: schedules.Jobs(p.bot), Zone: p.config.Zone, Now: p.config.Now, Log: p.config.Log})
	if err != nil {
		p.t.Fatal(err)
	}
	var jobs sync.WaitGroup
	jobs.Go(func() { runner.Run(ctx) })
	go func() { done <- p.bot.Run(ctx) }()
	p.stop = func() {
		cancel()
		if err := <-done; err != nil {
			p.t.Errorf("run: %v", err)
		}
		jobs.Wait()
		if proof, err := bot.Verify(context.Background(), store); err != nil || proof.Wrong > 0 {
			p.t.Errorf("the store cannot be proven: %v, %+v", err, proof)
		}
		if err := store.Close(); err != nil {
			p.t.Errorf("close: %v", err)
		}
	}
	synctest.Wait()
}

// run plays a talk and returns it with what was really said.
func (p *play) run(talk string) string {
	begin, err := time.ParseInLocation("2006-01-02 15:04", cmp.Or(p.begin, "2026-11-23 09:12"), p.config.Zone)
	if err != nil {
		p.t.Fatal(err)
	}
	p.offset.Store(int64(time.Until(begin)))
	p.start()
	defer func() { p.stop() }()
	p.seen()
	for line := range strings.Lines(talk) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "  ") {
			continue
		}
		p.out.WriteString(line + "\n")
		if line != "" && !strings.HasPrefix(line, "//") {
			p.step(line)
		}
	}
	return p.out.String()
}

var (
	said     = regexp.MustCompile(`^(\w+) (?:to bot|in (#\w+)(?: @(\d+))?)(?: \[([^\]]*)\])?> ?(.*)$`)
	anew     = regexp.MustCompile(`^(\w+) presses it again$`)
	changes  = regexp.MustCompile(`^(\w+) in (#\w+) edits (\d+)(?: at (\S+))?(?: \[([^\]]*)\])?> ?(.*)$`)
	deletes  = regexp.MustCompile(`^(\w+) in (#\w+) deletes (\d+)$`)
	reacts   = regexp.MustCompile(`^(\w+) in (#\w+) (un)?reacts (\d+) (.*)$`)
	moves    = regexp.MustCompile(`^(\w+) in (#\w+) (joins|leaves)$`)
	shorts   = regexp.MustCompile(`^(\w+) in (#\w+) shortcuts (\S+) (\d+)$`)
	presses  = regexp.MustCompile(`^(\w+) presses (.*?)(?: @(\d+))?$`)
	forges   = regexp.MustCompile(`^(\w+) forges ?(.*)$`)
	submits  = regexp.MustCompile(`^(\w+) submits (.*)$`)
	quietly  = regexp.MustCompile(`^quietly (\d+) (.*)$`)
	opens    = regexp.MustCompile(`^(\w+) opens$`)
	faultish = regexp.MustCompile(`^fault (next|#\w+) (retry|unknown|never|slow)(?: (\S+))?$`)
)

// escapes are how a script writes what cannot stand in a line.
var escapes = strings.NewReplacer(`\n`, "\n", `\u202e`, "\u202e", `\u0007`, "\u0007", `\xff`, "\xff", `\long`, strings.Repeat("ä", 12001), `\forty`, strings.Repeat("ö", 40_000))

func (p *play) step(line string) {
	switch {
	case strings.HasPrefix(line, "@ "):
		p.move(line[2:])
	case line == "restart":
		p.stop()
		p.start()
	case quietly.MatchString(line):
		m := quietly.FindStringSubmatch(line)
		times, _ := strconv.Atoi(m[1])
		for range times {
			p.receive(p.message(m[2]))
			synctest.Wait()
		}
		p.chat.take()
	case strings.HasPrefix(line, "vanish "):
		p.chat.vanish(line[len("vanish "):])
	case strings.HasPrefix(line, "break "):
		p.chat.damage(line[len("break "):])
	case strings.HasPrefix(line, "stop until "):
		p.stop()
		p.move(strings.TrimPrefix(line, "stop until "))
		p.start()
	case strings.HasPrefix(line, "clock "):
		d, err := time.ParseDuration(strings.TrimPrefix(line, "clock "))
		if err != nil {
			p.t.Fatal(err)
		}
		p.offset.Add(int64(d))
		time.Sleep(time.Minute)
	case strings.HasPrefix(line, "calendar"):
		p.stop()
		p.configure(strings.Fields(line))
		p.start()
	case strings.HasPrefix(line, "leaves "):
		p.stop()
		p.config.People = slices.DeleteFunc(p.config.People, func(m bot.Member) bool { return m.ID == strings.TrimPrefix(line, "leaves ") })
		p.start()
	case strings.HasPrefix(line, "members of "):
		room, names, _ := strings.Cut(strings.TrimPrefix(line, "members of "), ":")
		var now []bot.Identity
		for _, name := range strings.Fields(names) {
			now = append(now, bot.Identity{ID: name})
		}
		if err := p.chat.core.Members(p.t.Context(), bot.Place{ID: room}, now); err != nil {
			p.t.Error(err)
		}
	case strings.HasSuffix(line, "'s desk"):
		who := strings.TrimSuffix(line, "'s desk")
		card, v, err := p.bot.Desk(p.t.Context(), bot.Identity{Adapter: "chat", ID: who, Guest: who == "guest"})
		if err != nil {
			p.t.Fatal(err)
		}
		fmt.Fprintf(&p.out, "  the desk of %s: %s\n", who, render(bot.Delivery{Card: card, Voice: v}))
	case line == "again":
		p.receive(p.last)
	case faultish.MatchString(line):
		m := faultish.FindStringSubmatch(line)
		reason := "script"
		after, err := time.ParseDuration(m[3])
		if err != nil && m[3] != "" {
			reason = m[3]
		}
		p.chat.fail(strings.TrimPrefix(m[1], "next"), &bot.SendError{Fate: bot.Fate(m[2]), After: after, Reason: reason, Err: io.ErrUnexpectedEOF})
	default:
		p.receive(p.message(line))
	}
	p.seen()
}

// seen writes down what was shown meanwhile.
func (p *play) seen() {
	synctest.Wait()
	for _, seen := range p.chat.take() {
		p.out.WriteString("  " + seen + "\n")
	}
}

// move moves the clock, while everything that falls due happens.
func (p *play) move(to string) {
	if d, err := time.ParseDuration(strings.TrimPrefix(to, "+")); err == nil {
		time.Sleep(d)
		return
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", to, p.config.Zone)
	if err != nil {
		p.t.Fatal(err)
	}
	time.Sleep(at.Sub(p.config.Now()))
}

// message makes of a line what the platform would deliver.
func (p *play) message(line string) bot.Message {
	p.turn++
	m := bot.Message{Turn: fmt.Sprintf("turn-%d", p.turn), At: p.config.Now()}
	direct := func(who string) bot.Place { return bot.Place{ID: who, Direct: true} }
	switch {
	case said.MatchString(line):
		f := said.FindStringSubmatch(line)
		m.Kind, m.From.ID, m.Text = bot.Said, f[1], escapes.Replace(f[5])
		m.Files = attached(f[4])
		m.Place = direct(f[1])
		if f[2] != "" {
			m.Place = bot.Place{ID: f[2], Thread: f[3]}
			if text, ok := strings.CutPrefix(m.Text, "@bot"); ok || strings.HasPrefix(m.Text, "/") {
				m.Addressed, m.Text = true, strings.TrimSpace(text)
			}
		}
		m.ID = p.chat.number(m.Place.ID)
		p.written[m.Place.ID+" "+m.ID] = bot.Subject{Place: m.Place, From: m.From, Text: m.Text, Files: m.Files, At: m.At}
	case changes.MatchString(line):
		f := changes.FindStringSubmatch(line)
		m.Kind, m.From.ID, m.Place, m.ID, m.Text = bot.Edited, f[1], bot.Place{ID: f[2]}, f[3], escapes.Replace(f[6])
		m.Files = attached(f[5])
		if d, err := time.ParseDuration(f[4]); err == nil {
			m.At = m.At.Add(d)
		}
	case moves.MatchString(line):
		f := moves.FindStringSubmatch(line)
		m.Kind, m.From.ID, m.Place = bot.Joined, f[1], bot.Place{ID: f[2]}
		m.From.Guest = strings.HasPrefix(f[1], "guest")
		if f[3] == "leaves" {
			m.Kind = bot.Left
		}
	case deletes.MatchString(line):
		f := deletes.FindStringSubmatch(line)
		m.Kind, m.From.ID, m.Place, m.ID = bot.Deleted, f[1], bot.Place{ID: f[2]}, f[3]
	case reacts.MatchString(line):
		f := reacts.FindStringSubmatch(line)
		m.Kind, m.From.ID, m.Place, m.ID = bot.Reacted, f[1], bot.Place{ID: f[2]}, f[4]
		m.Reaction, m.Removed = escapes.Replace(f[5]), f[3] != ""
	case shorts.MatchString(line):
		f := shorts.FindStringSubmatch(line)
		s := p.written[f[2]+" "+f[4]]
		s.Place.ID, s.ID, s.Place.Adapter, s.From.Adapter = f[2], f[4], "chat", "chat"
		m.Kind, m.From.ID, m.Place, m.ID, m.Do, m.Subject = bot.Pressed, f[1], s.Place, s.ID, f[3], &s
	case anew.MatchString(line):
		m.Kind, m.Place, m.ID, m.Do = bot.Pressed, p.pressed.Place, p.pressed.ID, p.pressed.Do
		m.From.ID = anew.FindStringSubmatch(line)[1]
	case presses.MatchString(line):
		f := presses.FindStringSubmatch(line)
		m.Kind, m.From.ID = bot.Pressed, f[1]
		m.Place, m.ID, m.Do = p.chat.button(f[1], f[2], f[3])
		if m.Do == "" {
			p.t.Fatalf("%s sees no button %q", f[1], f[2])
		}
		p.pressed = m
	case forges.MatchString(line):
		f := forges.FindStringSubmatch(line)
		m.Kind, m.From.ID, m.Place, m.Do = bot.Pressed, f[1], direct(f[1]), f[2]
	case submits.MatchString(line):
		f := submits.FindStringSubmatch(line)
		form := p.forms[f[1]]
		if form == nil {
			p.t.Fatalf("%s has no form", f[1])
		}
		m.Kind, m.From.ID, m.Place, m.Do, m.Fields = bot.Submitted, f[1], direct(f[1]), form.Do, map[string]string{}
		for _, field := range form.Fields {
			m.Fields[field.Name] = field.Value
		}
		for pair := range strings.SplitSeq(f[2], " | ") {
			name, value, _ := strings.Cut(pair, "=")
			m.Fields[name] = value
		}
	case opens.MatchString(line):
		who := opens.FindStringSubmatch(line)[1]
		m.Kind, m.From.ID, m.Place = bot.Opened, who, direct(who)
	default:
		p.t.Fatalf("cannot read %q", line)
	}
	return m
}

// receive hands a message to the core, as an adapter does.
func (p *play) receive(m bot.Message) {
	p.last = m
	m.Place.Adapter, m.From.Adapter = "chat", "chat"
	out, err := p.bot.Receive(p.t.Context(), m)
	if err != nil {
		p.t.Errorf("receive: %v", err)
	}
	if out.Form != nil {
		p.forms[m.From.ID] = out.Form
		fmt.Fprintf(&p.out, "  form for %s: %s\n", m.From.ID, renderForm(out.Form))
	}
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range out.Errors {
			if !yield(name) {
				return
			}
		}
	}) {
		fmt.Fprintf(&p.out, "  form for %s: %s! %s\n", m.From.ID, name, out.Errors[name])
	}
	if out.Seen {
		p.out.WriteString("  seen before\n")
	}
}

func renderForm(f *bot.Form) string {
	parts := []string{f.Title}
	for _, field := range f.Fields {
		s := field.Name
		if field.Required {
			s += "*"
		}
		if field.Value != "" {
			s += "=" + field.Value
		}
		parts = append(parts, s+" ("+strings.TrimSpace(field.Label+" "+field.Hint)+")")
	}
	return strings.Join(append(parts, "["+f.Submit+"] ["+f.Cancel+"]"), " | ")
}
