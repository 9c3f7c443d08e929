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
	"standleitung/bot/markup"
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
//	anna in #pr> text           says something in a room; /verb and @bot address the bot. Who is called guest… is one
//	anna in #pr @3> text        replies in the thread of post 3; "@3 too>" shows it in the room as well
//	anna in #pr edits 3> text   changes post 3; "edits 3 at -1m>" with an older time of the platform
//	anna in #pr deletes 3       deletes post 3; "anna to bot edits 3>" and "deletes" in the direct conversation
//	anna in #pr restores 3> text  takes the deletion of post 3 back
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
//	40 times anna in #pr> a     does something many times, and shows it; "%d" is the count, in both
//	again                       the platform delivers the last message once more
//	restart                     the program ends and starts again on the same store
//	fault next retry 30s        the platform answers the next delivery with this fate; "fault #pr never" the next to a room;
//	                            with "slow 20s" it is under way for that long, then arrives; a word instead is the reason
//	stop until 2026-12-01 09:00 the program ends and starts again at that time
//	clock -1h                   somebody sets the clock, by so much
//	calendar DE-BY              the program starts again with the holidays of a region; "calendar" alone knows weekends
//	person lea Lea_Ode pr …     the program starts again with another person in the configuration
//	leaves lea                  the program starts again without a person in the configuration
//	without room pr             the program starts again without a room, "without chat webish" without a platform; lines and
//	                            rooms that are left over with it are gone, too
//	damage F-1                  the program starts again with a flag that cannot be read; "mend F-1" makes it what it was
//
// A config that names several chats has the script say which one is meant: "mara@teamsish to bot> …"; in a room, and
// where a person has only one, it can be left out. The chat of a room is that of its config. There
//
//	<@ines>                     mentions somebody by the id that they have on the chat where it is written
//	<code>                      is the newest code that was shown; "<code 2>" the one before it
//	profile tom@slackish U7 email=tom@example.com guest name=Tom_Voss
//	                            says how a platform knows somebody from now on (also in the config); "unproven" when it does
//	                            not answer who that is
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
	chat   *chat // the first one, and the only one in most conversations
	chats  []*chat
	// profiles are how platforms know people, by name and chat: "mara@slackish".
	profiles map[string]bot.Identity
	codes    []string // the codes that were shown
	bot      *bot.Bot
	stop     func()
	path     string
	begin    string       // when it begins; empty for Monday, 23 November 2026, 09:12
	offset   atomic.Int64 // of the bot's clock, in nanoseconds
	forms    map[string]*bot.Form
	// written is what people said in rooms, by room and id.
	written map[string]bot.Subject
	last    bot.Message
	// whole is the stored form of the flag that was damaged, spoilt how many are.
	whole  []byte
	spoilt int
	// pressed is the last press of a button that was shown.
	pressed bot.Message
	turn    int
	out     strings.Builder
}

func newPlay(t *testing.T, config string, language say.Language, exercised *sync.Map) *play {
	p := &play{t: t, path: filepath.Join(t.TempDir(), "talk.db"), forms: map[string]*bot.Form{}, written: map[string]bot.Subject{}}
	p.profiles = map[string]bot.Identity{}
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
	p.chats = []*chat{p.chat}
	for line := range strings.Lines(config) {
		p.configure(strings.Fields(line))
	}
	return p
}

// several reports whether the conversation has named chats.
func (p *play) several() bool { return p.chat.name != "" }

// addChat adds a named chat: "chat name private threads reacts files", "no " before what it cannot; "mentions" for one that
// hands over what mentions the bot, and nothing else that is said in rooms.
func (p *play) addChat(words []string) {
	c := p.chat
	if p.several() {
		c = &chat{can: bot.Capabilities{MaxText: 4000, MaxFile: 10_000_000, Private: true, Threads: true, Edits: true, Forms: true}}
		p.chats = append(p.chats, c)
		p.config.Adapters = append(p.config.Adapters, c)
	}
	c.name = words[0]
	c.called = func(id string) string {
		for name, i := range p.profiles {
			if i.Adapter == c.name && i.ID == id {
				return name
			}
		}
		return id + "@" + c.name
	}
	no := false
	for _, w := range words[1:] {
		switch w {
		case "no":
			no = true
			continue
		case "private":
			c.can.Private = !no
		case "threads":
			c.can.Threads = !no
		case "reacts":
			c.can.Reacts = !no
		case "mentions":
			c.deaf = true
		case "files":
			if no {
				c.can.MaxFile = 0
			}
		default:
			p.t.Fatalf("chat: %q", w)
		}
		no = false
	}
}

// profile says how a platform knows somebody.
func (p *play) profile(words []string) {
	name, on, _ := strings.Cut(words[0], "@")
	i := bot.Identity{Adapter: on, ID: words[1]}
	for _, w := range words[2:] {
		key, value, _ := strings.Cut(w, "=")
		switch key {
		case "email":
			i.Email = value
		case "name":
			i.Name = strings.ReplaceAll(value, "_", " ")
		case "guest":
			i.Guest = true
		case "unproven":
			i.Unproven = true
		default:
			p.t.Fatalf("profile: %q", w)
		}
	}
	p.profiles[name+"@"+on] = i
}

// chatNamed is the chat of a name; the only one when it is empty.
func (p *play) chatNamed(name string) *chat {
	i := slices.IndexFunc(p.chats, func(c *chat) bool { return c.Name() == name })
	if i < 0 {
		p.t.Fatalf("no chat %q", name)
	}
	return p.chats[i]
}

// chatOf is the chat on which a place is.
func (p *play) chatOf(place string) *chat {
	for _, r := range p.config.Rooms {
		if r.Place.ID == place && p.several() {
			return p.chatNamed(r.Place.Adapter)
		}
	}
	return p.chat
}

// speaker says who somebody of a script is, and on which chat: that of the room, that which is named, or their only one.
func (p *play) speaker(who, room string) (*chat, bot.Identity) {
	name, on, named := strings.Cut(who, "@")
	c := p.chat
	switch {
	case room != "":
		c = p.chatOf(room)
	case named:
		c = p.chatNamed(on)
	case p.several():
		for _, other := range p.chats {
			if _, ok := p.profiles[name+"@"+other.name]; ok {
				c = other
			}
		}
	}
	if i, ok := p.profiles[name+"@"+c.name]; ok {
		return c, i
	}
	return c, bot.Identity{Adapter: c.Name(), ID: name, Guest: strings.HasPrefix(name, "guest")}
}

// configure reads a line of the config section: "person id Name role,role [du] [en] [afar] [nochat] [Zone/Name]", "room name
// party", "line name mode guard|open room room …", "gives room role", "calendar region", "reminders before at budget", "briefing at who …",
// "begin 2027-03-26 09:12", "keep 48h" for how long texts are kept, "no private", "no files", or "reacts" for a bot that can put emoji on messages. With several chats: "chat slackish no files", "person … on slackish:U1 teamsish:29:1
// email=mara@example.com", "room name party on teamsish", "organisation example.com", "profile …".
func (p *play) configure(words []string) {
	if len(words) == 0 {
		return
	}
	switch words[0] {
	case "person":
		m := bot.Member{ID: words[1], Name: strings.ReplaceAll(words[2], "_", " "), Identities: []bot.Identity{{Adapter: "chat", ID: words[1]}}}
		on := false
		for _, w := range words[3:] {
			if address, ok := strings.CutPrefix(w, "email="); ok {
				m.Email = address
				continue
			}
			if on {
				chat, id, _ := strings.Cut(w, ":")
				m.Identities = append(m.Identities, bot.Identity{Adapter: chat, ID: id})
				p.profiles[m.ID+"@"+chat] = bot.Identity{Adapter: chat, ID: id, Name: m.Name}
				continue
			}
			switch w {
			case "on":
				on, m.Identities = true, nil
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
		place := bot.Place{Adapter: "chat", ID: "#" + words[1]}
		if len(words) > 4 { // on CHAT
			place.Adapter = words[4]
		}
		p.config.Rooms = append(p.config.Rooms, bot.Room{Name: words[1], Party: words[2], Place: place})
	case "chat":
		p.addChat(words[1:])
	case "profile":
		p.profile(words[1:])
	case "organisation":
		p.config.Organisation = words[1:]
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
	case "reacts":
		p.chat.can.Reacts = true
	case "hears": // hears room code: what is not heard there
		p.chat.heard = map[string]string{words[1]: words[2]}
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
	case "keep":
		d, err := time.ParseDuration(words[1])
		if err != nil {
			p.t.Fatal(err)
		}
		p.config.Retention.Messages = d
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
		if proof, err := bot.Verify(context.Background(), store); err != nil || proof.Wrong != p.spoilt {
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
	said     = regexp.MustCompile(`^(\w+(?:@\w+)?) (?:to bot|in (#\w+)(?: @(\d+)( too)?)?)(?: \[([^\]]*)\])?> ?(.*)$`)
	anew     = regexp.MustCompile(`^(\w+(?:@\w+)?) presses it again$`)
	changes  = regexp.MustCompile(`^(\w+(?:@\w+)?) (?:to bot|in (#\w+)) (edits|restores) (\d+)(?: at (\S+))?(?: \[([^\]]*)\])?> ?(.*)$`)
	deletes  = regexp.MustCompile(`^(\w+(?:@\w+)?) (?:to bot|in (#\w+)) deletes (\d+)$`)
	reacts   = regexp.MustCompile(`^(\w+) in (#\w+) (un)?reacts (\d+) (.*)$`)
	moves    = regexp.MustCompile(`^(\w+) in (#\w+) (joins|leaves)$`)
	shorts   = regexp.MustCompile(`^(\w+) in (#\w+) shortcuts (\S+) (\d+)$`)
	presses  = regexp.MustCompile(`^(\w+(?:@\w+)?) presses (.*?)(?: @(\d+))?$`)
	forges   = regexp.MustCompile(`^(\w+(?:@\w+)?) forges ?(.*)$`)
	submits  = regexp.MustCompile(`^(\w+(?:@\w+)?) submits (.*)$`)
	often    = regexp.MustCompile(`^(\d+) times (.*)$`)
	quietly  = regexp.MustCompile(`^quietly (\d+) (.*)$`)
	opens    = regexp.MustCompile(`^(\w+(?:@\w+)?) opens$`)
	faultish = regexp.MustCompile(`^fault (next|#\w+|@\w+) (retry|untried|unknown|never|slow)(?: (\S+))?$`)
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
	case often.MatchString(line):
		m := often.FindStringSubmatch(line)
		p.repeat(number(p.t, m[1]), m[2])
	case quietly.MatchString(line):
		m := quietly.FindStringSubmatch(line)
		p.repeat(number(p.t, m[1]), m[2])
		for _, c := range p.chats {
			c.drain()
		}
	case strings.HasPrefix(line, "vanish "):
		for _, c := range p.chats {
			c.vanish(line[len("vanish "):])
		}
	case strings.HasPrefix(line, "break "):
		for _, c := range p.chats {
			c.damage(line[len("break "):])
		}
	case strings.HasPrefix(line, "profile "):
		p.configure(strings.Fields(line))
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
	case strings.HasPrefix(line, "calendar"), strings.HasPrefix(line, "person "):
		p.stop()
		p.configure(strings.Fields(line))
		p.start()
	case strings.HasPrefix(line, "leaves "):
		p.stop()
		p.config.People = slices.DeleteFunc(p.config.People, func(m bot.Member) bool { return m.ID == strings.TrimPrefix(line, "leaves ") })
		p.start()
	case strings.HasPrefix(line, "without "):
		p.stop()
		what, name, _ := strings.Cut(strings.TrimPrefix(line, "without "), " ")
		p.without(what, name)
		p.start()
	case strings.HasPrefix(line, "damage "), strings.HasPrefix(line, "mend "):
		what, ref, _ := strings.Cut(line, " ")
		p.spoil(what, ref)
	case strings.HasPrefix(line, "members of "):
		room, names, _ := strings.Cut(strings.TrimPrefix(line, "members of "), ":")
		var now []bot.Identity
		for _, name := range strings.Fields(names) {
			_, i := p.speaker(name, room)
			now = append(now, i)
		}
		if err := p.chatOf(room).core.Members(p.t.Context(), bot.Place{ID: room}, now); err != nil {
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
		c, place := p.chatOf(m[1]), strings.TrimPrefix(m[1], "next")
		if name, ok := strings.CutPrefix(place, "@"); ok {
			c, place = p.chatNamed(name), ""
		}
		c.fail(place, &bot.SendError{Fate: bot.Fate(m[2]), After: after, Reason: reason, Err: io.ErrUnexpectedEOF})
	default:
		p.receive(p.message(line))
	}
	p.seen()
}

// repeat does something many times.
func (p *play) repeat(times int, line string) {
	for i := range times {
		p.receive(p.message(strings.ReplaceAll(line, "%d", strconv.Itoa(i+1))))
		synctest.Wait()
	}
}

// without takes a room or a platform out of the configuration, with all that hangs on it.
func (p *play) without(what, name string) {
	gone := func(r bot.Room) bool { return r.Name == name }
	if what == "chat" {
		gone = func(r bot.Room) bool { return r.Place.Adapter == name }
		p.config.Adapters = slices.DeleteFunc(slices.Clone(p.config.Adapters), func(a bot.Adapter) bool { return a.Name() == name })
	}
	var left []string
	p.config.Rooms = slices.DeleteFunc(slices.Clone(p.config.Rooms), gone)
	for _, r := range p.config.Rooms {
		left = append(left, r.Name)
	}
	for i := range p.config.Lines {
		p.config.Lines[i].Rooms = slices.DeleteFunc(slices.Clone(p.config.Lines[i].Rooms), func(room string) bool { return !slices.Contains(left, room) })
	}
	p.config.Lines = slices.DeleteFunc(p.config.Lines, func(l bot.Line) bool { return len(l.Rooms) < 2 })
}

// spoil damages the stored form of a flag, or mends it. The bot has read the register into memory: so it starts anew to notice
// the damage, and notices by itself when it is mended.
func (p *play) spoil(what, ref string) {
	key := bot.Serial(uint64(number(p.t, strings.TrimPrefix(ref, "F-"))))
	write := func(value []byte) {
		err := p.config.Store.Update(p.t.Context(), func(tx bot.Tx) error {
			before, err := tx.Get("flag", key)
			if err != nil {
				return err
			}
			if value == nil {
				p.whole, value = before, before[:len(before)/2]
			}
			return tx.Put("flag", key, value, []bot.Entry{{Index: "active", Value: key}})
		})
		if err != nil {
			p.t.Fatal(err)
		}
	}
	if what == "mend" {
		write(p.whole)
		p.spoilt--
		return
	}
	write(nil)
	p.spoilt++
	p.stop()
	p.start()
}

// seen writes down what was shown meanwhile.
func (p *play) seen() {
	synctest.Wait()
	var lines []line
	for _, c := range p.chats {
		lines = append(lines, c.drain()...)
	}
	for _, seen := range inOrder(lines) {
		p.out.WriteString("  " + p.coded(seen.text) + "\n")
	}
}

// shownCode is a code in what was shown; which one it is differs from run to run.
var shownCode = regexp.MustCompile(`\b[A-Z2-9]{4}-[A-Z2-9]{4}\b`)

// coded remembers the codes that were shown and writes "<code>" for them.
func (p *play) coded(seen string) string {
	if !p.several() {
		return seen
	}
	return shownCode.ReplaceAllStringFunc(seen, func(code string) string {
		if code == "K7QM-3XWP" { // the example
			return code
		}
		if !slices.Contains(p.codes, code) {
			p.codes = append(p.codes, code)
		}
		return "<code>"
	})
}

// typed is a text as it is really typed: with the codes, and the ids of who is mentioned.
func (p *play) typed(text string, on *chat) (string, markup.Doc) {
	text = writtenCode.ReplaceAllStringFunc(text, func(s string) string {
		back := 1
		if n := writtenCode.FindStringSubmatch(s)[1]; n != "" {
			back = number(p.t, n)
		}
		return p.codes[len(p.codes)-back]
	})
	parts := writtenMention.FindAllStringSubmatchIndex(text, -1)
	if parts == nil {
		return text, markup.Doc{}
	}
	var inlines []markup.Inline
	from := 0
	for _, at := range parts {
		name := text[at[2]:at[3]]
		_, i := p.speaker(name+"@"+on.Name(), "")
		inlines = append(inlines, markup.Inline{Kind: markup.Text, Text: text[from:at[0]]}, markup.Inline{Kind: markup.Mention, Ref: i.ID, Text: name})
		from = at[1]
	}
	inlines = append(inlines, markup.Inline{Kind: markup.Text, Text: text[from:]})
	return text, markup.Doc{Blocks: []markup.Block{{Kind: markup.Paragraph, Inlines: inlines}}}
}

var (
	writtenCode    = regexp.MustCompile(`<code(?: (\d+))?>`)
	writtenMention = regexp.MustCompile(`<@(\w+)>`)
)

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
	on := p.chat
	by := func(who, room string) {
		on, m.From = p.speaker(who, room)
		m.Place = bot.Place{Adapter: on.Name(), ID: room}
		if room == "" {
			m.Place = bot.Place{Adapter: on.Name(), ID: m.From.ID, Direct: true}
		}
	}
	switch {
	case said.MatchString(line):
		f := said.FindStringSubmatch(line)
		by(f[1], f[2])
		m.Kind, m.Files, m.Broadcast = bot.Said, attached(f[5]), f[4] != ""
		m.Text, m.Body = p.typed(escapes.Replace(f[6]), on)
		if f[2] != "" {
			m.Place.Thread = f[3]
			if text, ok := strings.CutPrefix(m.Text, "@bot"); ok || strings.HasPrefix(m.Text, "/") {
				m.Addressed, m.Text = true, strings.TrimSpace(text)
			}
		}
		m.ID = on.number(m.Place.ID)
		p.written[m.Place.ID+" "+m.ID] = bot.Subject{Place: m.Place, From: m.From, Text: m.Text, Body: m.Body, Files: m.Files, At: m.At}
	case changes.MatchString(line):
		f := changes.FindStringSubmatch(line)
		by(f[1], f[2])
		m.Kind, m.ID = bot.Edited, f[4]
		if f[3] == "restores" {
			m.Kind = bot.Restored
		}
		m.Text, m.Body = p.typed(escapes.Replace(f[7]), on)
		m.Files = attached(f[6])
		if d, err := time.ParseDuration(f[5]); err == nil {
			m.At = m.At.Add(d)
		}
	case moves.MatchString(line):
		f := moves.FindStringSubmatch(line)
		by(f[1], f[2])
		m.Kind = bot.Joined
		if f[3] == "leaves" {
			m.Kind = bot.Left
		}
	case deletes.MatchString(line):
		f := deletes.FindStringSubmatch(line)
		by(f[1], f[2])
		m.Kind, m.ID = bot.Deleted, f[3]
	case reacts.MatchString(line):
		f := reacts.FindStringSubmatch(line)
		by(f[1], f[2])
		m.Kind, m.ID = bot.Reacted, f[4]
		m.Reaction, m.Removed = escapes.Replace(f[5]), f[3] != ""
	case shorts.MatchString(line):
		f := shorts.FindStringSubmatch(line)
		by(f[1], f[2])
		s := p.written[f[2]+" "+f[4]]
		s.Place.ID, s.ID, s.Place.Adapter, s.From.Adapter = f[2], f[4], on.Name(), on.Name()
		m.Kind, m.Place, m.ID, m.Do, m.Subject = bot.Pressed, s.Place, s.ID, f[3], &s
	case anew.MatchString(line):
		by(anew.FindStringSubmatch(line)[1], "")
		m.Kind, m.Place, m.ID, m.Do = bot.Pressed, p.pressed.Place, p.pressed.ID, p.pressed.Do
	case presses.MatchString(line):
		f := presses.FindStringSubmatch(line)
		by(f[1], "")
		m.Kind = bot.Pressed
		m.Place, m.ID, m.Do = on.button(m.From.ID, f[2], f[3])
		if m.Do == "" {
			p.t.Fatalf("%s sees no button %q after\n%s", f[1], f[2], p.out.String())
		}
		p.pressed = m
	case forges.MatchString(line):
		f := forges.FindStringSubmatch(line)
		by(f[1], "")
		m.Kind, m.Do = bot.Pressed, f[2]
	case submits.MatchString(line):
		f := submits.FindStringSubmatch(line)
		by(f[1], "")
		form := p.forms[m.From.Key()]
		if form == nil {
			p.t.Fatalf("%s has no form", f[1])
		}
		m.Kind, m.Do, m.Fields = bot.Submitted, form.Do, map[string]string{}
		for _, field := range form.Fields {
			m.Fields[field.Name] = field.Value
		}
		for pair := range strings.SplitSeq(f[2], " | ") {
			name, value, _ := strings.Cut(pair, "=")
			m.Fields[name] = value
		}
	case opens.MatchString(line):
		who := opens.FindStringSubmatch(line)[1]
		by(who, "")
		m.Kind = bot.Opened
	default:
		p.t.Fatalf("cannot read %q", line)
	}
	return m
}

// receive hands a message to the core, as an adapter does.
func (p *play) receive(m bot.Message) {
	p.last = m
	if on := p.chatNamed(m.Place.Adapter); on.deaf && m.Kind == bot.Said && !m.Place.Direct && !m.Addressed {
		return // the platform keeps it to itself
	}
	out, err := p.bot.Receive(p.t.Context(), m)
	if err != nil {
		p.t.Errorf("receive: %v", err)
	}
	if out.Form != nil {
		p.forms[m.From.Key()] = out.Form
		fmt.Fprintf(&p.out, "  form for %s: %s\n", p.chatNamed(m.From.Adapter).who(m.From.ID), renderForm(out.Form))
	}
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range out.Errors {
			if !yield(name) {
				return
			}
		}
	}) {
		fmt.Fprintf(&p.out, "  form for %s: %s! %s\n", p.chatNamed(m.From.Adapter).who(m.From.ID), name, out.Errors[name])
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
