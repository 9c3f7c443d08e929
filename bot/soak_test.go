package bot_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"standleitung/bot"
	"standleitung/store/bolt"
)

const (
	soakEach  = 520              // messages that people write in each room
	soakKills = 22               // at least so many times the program is killed
	soakLease = time.Second      // after which an answer of the platform comes too late
	soakMost  = 5 * time.Minute  // for everything; a run takes a fraction of it
	soakGrace = 2 * time.Second  // within which a call may still be on its way that began before a flag was set
	soakCalm  = 90 * time.Second // for the rest to arrive after the last kill

	soakPR     = "ines"
	soakTerm   = "Quasarrabatt" // of the flag that is set at the start
	soakFog    = "Nebelfusion"  // of the flag that is set while copies wait
	soakSecret = "Zyklopenzoll" // a term of both that nobody ever writes

	// soakVariable tells the test binary that it is the program: address of the platform, file of the store, number of the
	// start. What the program tells the test by its output follows.
	soakVariable  = "BOT_TEST_SOAK"
	soakListening = "soak listening "
	soakUnknown   = "soak unknown "
	soakCut       = "soak cut "
)

// The rooms: hub is in both lines, lone in none; the first line asks the register.
var (
	soakRooms = []string{"alpha", "beta", "hub", "gamma", "delta", "lone"}
	soakLines = []bot.Line{
		{Name: "nord", Rooms: []string{"alpha", "beta", "hub"}, Guard: true},
		{Name: "sued", Rooms: []string{"hub", "gamma", "delta"}},
	}
)

// soakHears reports whether what is written in a room is read in another.
func soakHears(from, in string) bool {
	return from != in && slices.ContainsFunc(soakLines, func(l bot.Line) bool {
		return slices.Contains(l.Rooms, from) && slices.Contains(l.Rooms, in)
	})
}

func soakGuarded(room string) bool { return slices.Contains(soakLines[0].Rooms, room) }

// TestSoak is the proof of the line. People write some thousand messages, replies, edits and deletions in rooms of two
// lines, on a platform that delays, fails, forgets and answers late, while the program is killed again and again. In the
// end every room shows each message once (or once more, marked, where its fate was unknown), in order, as it was edited
// last, in its thread; and nothing that it must not have.
func TestSoak(t *testing.T) {
	if args := os.Getenv(soakVariable); args != "" {
		soakProgram(t, strings.Split(args, "|"))
		return
	}
	seed := uint64(20261123) // the same plan every time; when it is killed is up to the machine
	if given, err := strconv.ParseUint(os.Getenv("SOAK_SEED"), 10, 64); err == nil {
		seed = given
	}
	t.Logf("seed %d (another plan: SOAK_SEED)", seed)
	ctx, cancel := context.WithTimeout(t.Context(), soakMost)
	defer cancel()
	s := newSoak(ctx, t, seed)
	began := time.Now()
	s.run()
	s.check()
	s.report(time.Since(began))
}

// soakProgram is the program: the core on a store in a file, with the adapter of the platform.
func soakProgram(t *testing.T, args []string) {
	ctx, stop := signal.NotifyContext(t.Context(), syscall.SIGTERM)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // ends with the test that started it
		stop()
	}()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	store, err := bolt.Open(ctx, bolt.Config{Path: args[1], Timeout: 5 * time.Second, Now: time.Now, Log: log, Migrations: bot.Migrations()})
	if err != nil {
		t.Fatal(err)
	}
	adapter := &soakAdapter{platform: args[0], left: soakLeft(store)}
	adapter.life, _ = strconv.Atoi(args[2])
	config := bot.Config{Store: store, Adapters: []bot.Adapter{adapter}, Lines: soakLines, Now: time.Now, Log: log, Lease: soakLease}
	for _, room := range soakRooms {
		config.Rooms = append(config.Rooms, bot.Room{Name: room, Party: room + "-party", Place: bot.Place{Adapter: "soak", ID: room}})
		config.People = append(config.People, bot.Member{ID: "p-" + room, Name: "Person " + room, Identities: []bot.Identity{{Adapter: "soak", ID: "u-" + room}}})
	}
	config.People = append(config.People, bot.Member{ID: soakPR, Name: "Ines Falk", Roles: bot.PR, Identities: []bot.Identity{{Adapter: "soak", ID: soakPR}}})
	b, err := bot.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Run(ctx); err != nil {
		t.Error(err)
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}

// soakLeft tells how many rows wait and how many releases are still to go.
func soakLeft(store bot.Store) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		stats, err := store.Stats(r.Context())
		if err == nil {
			err = store.View(r.Context(), func(tx bot.Reader) error {
				for found, err := range tx.Scan(bot.Query{Kind: "timer"}) {
					if err != nil {
						return err
					}
					if strings.HasPrefix(found.Key, "approval.go") || strings.HasPrefix(found.Key, "copy.parked") {
						stats.Queued++
					}
				}
				return nil
			})
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_ = json.NewEncoder(w).Encode(stats.Queued + stats.Sending + stats.Unknown)
	}
}

// soakClass is what happens to a message, by the plan.
type soakClass string

// The classes. Held ones contain a term of the register.
const (
	soakPlain       soakClass = "plain"
	soakEarly       soakClass = "edit before message"
	soakGhost       soakClass = "deletion before message"
	soakRelease     soakClass = "held, released"
	soakLeave       soakClass = "held, never decided"
	soakRefused     soakClass = "held, refused"
	soakMend        soakClass = "held, edited until harmless"
	soakDropped     soakClass = "held, deleted"
	soakTurn        soakClass = "edit held, never decided"
	soakTurnRelease soakClass = "edit held, released"
	soakEarlyTurn   soakClass = "held edit before message"
	soakLater       soakClass = "flag set later, never decided"
	soakLaterGo     soakClass = "flag set later, released"
)

// soakShares are the classes of a guarded room in per cent; what is left is plain. Rooms without a guard have those
// without a term.
var soakShares = []struct {
	class  soakClass
	share  int
	termed bool
}{
	{soakEarly, 3, false},
	{soakGhost, 2, false},
	{soakRelease, 3, true},
	{soakLeave, 2, true},
	{soakRefused, 2, true},
	{soakMend, 2, true},
	{soakDropped, 2, true},
	{soakTurn, 2, true},
	{soakTurnRelease, 2, true},
	{soakEarlyTurn, 2, true},
	{soakLater, 5, true},
	{soakLaterGo, 6, true},
}

// soakMessage is one message that people write.
type soakMessage struct {
	name, room, user string // name: "alpha#0012"
	n                int
	class            soakClass
	texts            []string // by version, in the order of the platform's time
	deleted          bool
	random           *rand.Rand

	thread string
	root   *soakMessage
}

// soak is one run.
type soak struct {
	t        *testing.T
	ctx      context.Context
	seed     uint64
	platform *soakPlatform
	path     string
	random   *rand.Rand

	plan    map[string]*soakMessage
	feeding sync.WaitGroup
	half    chan struct{} // closed when half of the hub's messages are written

	mu       sync.Mutex
	asked    map[string]bool // questions that reached PR
	pressed  map[string]bool // buttons that PR has pressed
	approved map[string]bool // texts that PR let go
	unknown  map[string]bool // posts with a call of unknown fate, by start and post
	killed   map[int]bool    // starts that ended by SIGKILL
	cut      int             // calls that a clean end cut off
	flagged  time.Time       // when the second flag held
	log      bytes.Buffer    // everything the program wrote
}

func newSoak(ctx context.Context, t *testing.T, seed uint64) *soak {
	s := &soak{
		t: t, ctx: ctx, seed: seed, platform: newSoakPlatform(ctx, seed), path: filepath.Join(t.TempDir(), "soak.db"),
		random: rand.New(rand.NewPCG(seed, 0)), plan: map[string]*soakMessage{}, half: make(chan struct{}),
		asked: map[string]bool{}, pressed: map[string]bool{}, approved: map[string]bool{}, unknown: map[string]bool{}, killed: map[int]bool{},
	}
	s.platform.address = "127.0.0.1:0"
	s.platform.decide = s.decide
	for _, room := range soakRooms {
		for n := range soakEach {
			m := s.draw(room, n)
			s.plan[m.name] = m
		}
	}
	return s
}

// draw plans one message.
func (s *soak) draw(room string, n int) *soakMessage {
	m := &soakMessage{name: fmt.Sprintf("%s#%04d", room, n), room: room, n: n, class: soakPlain, user: "u-" + room}
	h := uint64(slices.Index(soakRooms, room))<<32 | uint64(n)
	m.random = rand.New(rand.NewPCG(s.seed, h))
	if m.random.IntN(2) == 0 {
		m.user = "guest-of-" + room // somebody whom the configuration does not know
	}
	p := m.random.IntN(100)
	for _, row := range soakShares {
		if p >= 0 && p < row.share && (!row.termed || soakGuarded(room)) {
			m.class = row.class
		}
		p -= row.share
	}
	edits := 0
	if m.random.IntN(4) == 0 {
		edits = 1 + m.random.IntN(3)
	}
	switch m.class {
	case soakPlain:
		m.deleted = m.random.IntN(16) == 0
	case soakDropped, soakGhost:
		m.deleted, edits = true, 0
	case soakEarly, soakTurn, soakTurnRelease, soakMend:
		edits = max(edits, 1)
	case soakEarlyTurn:
		edits = 1
	case soakLater, soakLaterGo:
		edits = min(edits, 1)
	}
	for v := range edits + 1 {
		m.texts = append(m.texts, strings.TrimSpace(fmt.Sprintf("%sv%d %s", m.name, v, m.word(v, edits))))
	}
	return m
}

// word is what makes a version of a message sensitive, or not.
func (m *soakMessage) word(v, last int) string {
	held := map[soakClass]bool{
		soakRelease: true, soakLeave: true, soakRefused: true, soakDropped: true, soakMend: v == 0,
		soakTurn: v == last, soakTurnRelease: v == last, soakEarlyTurn: v == 1,
	}[m.class]
	switch {
	case held:
		return "Der " + soakTerm + " kommt"
	case m.class == soakLater || m.class == soakLaterGo:
		return "Die " + soakFog + " kommt"
	}
	return "Guten Morgen zusammen"
}

// run plays everything until it is quiet.
func (s *soak) run() {
	stop, err := s.platform.listen()
	if err != nil {
		s.t.Fatal(err)
	}
	first := s.start(1)
	s.flag("Preise", soakTerm)
	for _, room := range soakRooms {
		s.feeding.Go(func() { s.feed(room) })
	}
	s.feeding.Go(s.flagLater)
	fed := make(chan struct{})
	go func() { defer close(fed); s.feeding.Wait() }()

	life, kills := 1, 0
	for program := first; ; life++ {
		soakWait(s.ctx, time.Duration(150+s.random.IntN(2200))*time.Millisecond)
		if life%8 == 5 { // the platform does not listen at all for a while
			stop()
			soakWait(s.ctx, time.Second)
			if stop, err = s.platform.listen(); err != nil {
				s.t.Fatal(err)
			}
		}
		if life%6 == 0 {
			s.platform.goSlow(time.Second) // so that calls are under way
			soakWait(s.ctx, 300*time.Millisecond)
			s.terminate(program)
		} else {
			s.kill(program)
			kills++
		}
		if done(fed) && kills >= soakKills || s.ctx.Err() != nil {
			break
		}
		program = s.start(life + 1)
	}
	s.platform.mu.Lock()
	s.platform.counts["kills"], s.platform.counts["clean ends"] = kills, life-kills
	s.platform.mu.Unlock()
	last := s.start(life + 1)
	s.settle(stop, last)
}

func done(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// settle waits until nothing is left to do and ends everything.
func (s *soak) settle(stop func(), last *soakRun) {
	began := time.Now()
	left := s.left()
	for ; left != 0; left = s.left() {
		if time.Since(began) > soakCalm || s.ctx.Err() != nil {
			s.t.Errorf("%d things are left to do, %v after the last start", left, soakCalm)
			break
		}
		soakWait(s.ctx, 50*time.Millisecond)
	}
	s.t.Logf("quiet %v after the last start", time.Since(began).Round(time.Millisecond))
	s.terminate(last)
	stop()
}

// left counts what is left to do, in the program and outside. What the program delivers may make PR do something, which
// counts from before the program knows that it delivered.
func (s *soak) left() int {
	if n := s.platform.underWay.Load(); n > 0 {
		return int(n)
	}
	address := s.platform.program.Load()
	if address == nil {
		return 1
	}
	data, err := soakPost(s.ctx, time.Second, "http://"+*address+"/left", nil)
	if err != nil {
		return 1
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		return 1
	}
	return n + int(s.platform.underWay.Load())
}

// soakRun is the program while it runs.
type soakRun struct {
	life    int
	command *exec.Cmd
	stdin   io.Closer
	ended   chan struct{} // closed when its output ended
	ready   chan struct{} // closed when it listens
}

// start starts the program, and waits until it listens, most times.
func (s *soak) start(life int) *soakRun {
	r := &soakRun{life: life, ended: make(chan struct{}), ready: make(chan struct{})}
	r.command = exec.CommandContext(s.ctx, os.Args[0], "-test.run=^TestSoak$", "-test.timeout=0", "-test.count=1")
	r.command.Env = append(os.Environ(), fmt.Sprintf("%s=%s|%s|%d", soakVariable, s.platform.address, s.path, life), "GOTRACEBACK=single")
	r.command.Stderr = soakLog{s}
	out, err := r.command.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if r.stdin, err = r.command.StdinPipe(); err != nil {
		s.t.Fatal(err)
	}
	if err := r.command.Start(); err != nil {
		s.t.Fatal(err)
	}
	go s.hear(r, out)
	if life == 1 || s.random.IntN(6) > 0 { // else it may die while it starts
		select {
		case <-r.ready:
		case <-r.ended:
		}
	}
	return r
}

// hear reads what the program tells.
func (s *soak) hear(r *soakRun, out io.Reader) {
	defer close(r.ended)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		line := lines.Text()
		s.mu.Lock()
		if address, ok := strings.CutPrefix(line, soakListening); ok {
			s.platform.program.Store(&address)
			close(r.ready)
		} else if post, ok := strings.CutPrefix(line, soakUnknown); ok {
			s.unknown[fmt.Sprint(r.life, post)] = true
		} else if strings.HasPrefix(line, soakCut) {
			s.cut++
		} else {
			s.log.WriteString("stdout: " + line + "\n")
		}
		s.mu.Unlock()
	}
}

// soakLog collects what the program writes to its log.
type soakLog struct{ *soak }

func (l soakLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.log.Write(b)
}

// kill ends the program without a warning.
func (s *soak) kill(r *soakRun) {
	_ = r.command.Process.Kill() // what ended by itself shows below
	s.platform.program.Store(nil)
	<-r.ended
	s.platform.program.Store(nil) // it may have begun to listen in its last moment
	_ = r.command.Wait()
	status, ok := r.command.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || status.Signal() != syscall.SIGKILL {
		s.t.Fatalf("the program ended before it was killed: %v\n%s", r.command.ProcessState, s.tail())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.killed[r.life] = true
}

// terminate asks the program to stop, which it must do cleanly.
func (s *soak) terminate(r *soakRun) {
	select {
	case <-r.ready: // before that nobody listens for the signal
	case <-r.ended:
	}
	if err := r.command.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatalf("%v\n%s", err, s.tail())
	}
	s.platform.program.Store(nil)
	<-r.ended
	if err := r.command.Wait(); err != nil {
		s.t.Errorf("SIGTERM: %v\n%s", err, s.tail())
	}
}

func (s *soak) tail() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := s.log.String()
	return text[max(0, len(text)-3000):]
}

// flag has PR set a flag, in the direct conversation.
func (s *soak) flag(label, term string) {
	s.platform.deliver(soakEvent{
		ID: "flag-" + label, Type: "said", Place: soakPR, Direct: true, User: soakPR, Message: "flag-" + label, Time: s.platform.now(),
		Text: fmt.Sprintf("vermerk %s begriffe:%s;%s stufe:gelb prüfung:in 60 Tagen", label, term, soakSecret),
	})
}

// flagLater sets the second flag while copies wait for rooms that are away.
func (s *soak) flagLater() {
	select {
	case <-s.half:
	case <-s.ctx.Done():
		return
	}
	s.platform.goAway("alpha", 2*time.Second)
	s.platform.goAway("hub", 2*time.Second)
	soakWait(s.ctx, 1500*time.Millisecond)
	s.flag("Vorhaben", soakFog)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flagged = time.Now()
}

// feed writes the messages of a room, one after the other.
func (s *soak) feed(room string) {
	random := rand.New(rand.NewPCG(s.seed, uint64(len(room))))
	for n := range soakEach {
		if room == "hub" && n == soakEach/2 {
			close(s.half)
		}
		soakWait(s.ctx, time.Duration(random.IntN(130))*time.Millisecond)
		if n%90 == 70 {
			s.platform.goAway(soakRooms[random.IntN(len(soakRooms))], 1200*time.Millisecond)
		}
		s.write(s.plan[fmt.Sprintf("%s#%04d", room, n)])
	}
}

// event is something that happens to a message now.
func (s *soak) event(m *soakMessage, kind, text string) soakEvent {
	return soakEvent{
		ID: fmt.Sprintf("%s %s %s", m.name, kind, text), Type: kind, Place: m.room, User: m.user,
		Message: m.id(), Thread: m.thread, Text: text, Time: s.platform.now(),
	}
}

func (m *soakMessage) id() string { return fmt.Sprintf("%s-%04d", m.room, m.n) }

// write has a person write a message, and change it afterwards. Changes travel by themselves and overtake each other.
func (s *soak) write(m *soakMessage) {
	if m.random.IntN(4) == 0 {
		s.answer(m)
	}
	s.platform.mu.Lock()
	s.platform.show(s.platform.place(m.room), &soakShown{id: m.id(), thread: m.thread, text: m.texts[0]})
	s.platform.mu.Unlock()
	said := s.event(m, "said", m.texts[0])
	next := 1
	switch m.class {
	case soakGhost:
		s.platform.deliver(s.event(m, "deleted", ""))
	case soakEarly, soakEarlyTurn:
		s.platform.deliver(s.event(m, "edited", m.texts[1]))
		next = 2
	}
	s.platform.deliver(said)
	for _, text := range m.texts[next:] {
		s.later(m, s.event(m, "edited", text))
	}
	if m.deleted && m.class != soakGhost {
		s.later(m, s.event(m, "deleted", ""))
	}
}

func (s *soak) later(m *soakMessage, e soakEvent) {
	pause := time.Duration(m.random.IntN(1500)) * time.Millisecond
	s.platform.start(func() {
		soakWait(s.ctx, pause)
		s.platform.deliver(e)
	})
}

// answer makes a message a reply to something in its room.
func (s *soak) answer(m *soakMessage) {
	roots := s.platform.roots(m.room, 15)
	if len(roots) == 0 {
		return
	}
	root := roots[m.random.IntN(len(roots))]
	text := root.text
	if root.post.Op != "" {
		text = root.post.Text
	}
	if name := soakToken.FindStringSubmatch(text); name != nil {
		m.thread, m.root = root.id, s.plan[name[1]]
	}
}

// decide is PR, reading a card: what the plan says is done, once for each question. The platform is locked.
func (s *soak) decide(c soakCall) {
	token := soakToken.FindStringSubmatch(c.Card.Quote)
	if token == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range c.Card.Buttons {
		if b.Label == "Senden" {
			s.asked[b.Do] = true
		}
	}
	want := map[soakClass]string{soakRelease: "Senden", soakTurnRelease: "Senden", soakLaterGo: "Senden", soakRefused: "Nicht senden"}[s.plan[token[1]].class]
	i := slices.IndexFunc(c.Card.Buttons, func(b bot.Button) bool { return b.Label == want })
	if i < 0 {
		return
	}
	do := c.Card.Buttons[i].Do
	if s.pressed[do] {
		return
	}
	s.pressed[do] = true
	if want == "Senden" {
		s.approved[c.Card.Quote] = true
	}
	s.platform.start(func() { s.press(do) })
}

// press presses a button, and fills in the dialog that opens.
func (s *soak) press(do string) {
	e := soakEvent{ID: "press " + do, Type: "pressed", Place: soakPR, Direct: true, User: soakPR, Action: do, Time: s.platform.now()}
	if form := s.platform.deliver(e).Form; form != "" {
		e.ID, e.Type, e.Action, e.Values = "submit "+do, "submitted", form, map[string]string{"reason": "Bitte nicht."}
		s.platform.deliver(e)
	}
}

var soakToken = regexp.MustCompile(`((?:alpha|beta|hub|gamma|delta|lone)#\d{4})v(\d+)`)

// check compares what every room shows with what people wrote.
func (s *soak) check() {
	for _, c := range s.platform.seen {
		s.checkCall(c)
	}
	for _, room := range soakRooms {
		copies := map[string][]*soakShown{}
		late := map[string]bool{} // came in a digest: a slow machine takes so long that the copies are late
		for _, shown := range s.platform.places[room].shown {
			for _, item := range shown.post.Card.Items {
				if token := soakToken.FindStringSubmatch(item.Text); token != nil {
					late[token[1]] = true
				}
			}
			if token := soakToken.FindStringSubmatch(shown.post.Text); shown.post.Copy && token != nil {
				copies[token[1]] = append(copies[token[1]], shown)
			}
		}
		for _, m := range s.plan {
			switch {
			case !soakHears(m.room, room):
			case late[m.name] && len(copies[m.name]) == 0 && m.how() != soakNever:
				s.platform.counts["copies in a digest"]++
			default:
				s.checkCopies(room, m, copies[m.name])
			}
			for _, shown := range copies[m.name] {
				s.checkThread(room, m, shown, copies)
			}
		}
		s.checkOrder(room, copies)
	}
	s.checkLog()
	if s.cut > 0 {
		s.fault("a clean end cut off calls under way", "%d calls", s.cut)
	}
}

func (s *soak) fault(kind, format string, args ...any) { s.platform.faults.add(kind, format, args...) }

// checkCall looks for words at a place that must not have them, in whatever left the program.
func (s *soak) checkCall(c soakSeen) {
	raw, err := json.Marshal(c.soakCall)
	if err != nil {
		s.t.Fatal(err)
	}
	if strings.Contains(string(raw), soakSecret) && c.Place != soakPR {
		s.fault("a term of the register", "in %s: %s", c.Place, raw)
	}
	if c.Place == "lone" {
		s.fault("something in a room without a line", "%s", raw)
	}
	for _, token := range soakToken.FindAllStringSubmatch(string(raw), -1) {
		m := s.plan[token[1]]
		private := c.Place == soakPR || c.Reader == m.user || c.Direct && c.Place == m.user
		if private {
			continue
		}
		where := fmt.Sprintf("%s (%s, thread of %s) in %s: %s of %q, quote %q", token[0], m.class, m.thread, c.Place, c.Op, c.Text, c.Quote)
		switch v, _ := strconv.Atoi(token[2]); {
		case !soakHears(m.room, c.Place) && strings.Contains(c.Quote, token[0]):
			s.fault("a quote from a room that is not on the line", "%s", where)
		case !soakHears(m.room, c.Place):
			s.fault("a message in a room that must not have it", "%s", where)
		case !s.open(m, v, c.at) && strings.Contains(c.Quote, token[0]):
			s.fault("a quote of what nobody released: "+string(m.class), "%s", where)
		case !s.open(m, v, c.at):
			s.fault("what nobody released: "+string(m.class), "%s", where)
		}
	}
}

// open reports whether a version of a message may be read in the rooms of its lines at an instant.
func (s *soak) open(m *soakMessage, v int, at time.Time) bool {
	text := m.texts[v]
	switch {
	case s.approved[text]:
		return true
	case strings.Contains(text, soakTerm):
		return false
	case strings.Contains(text, soakFog):
		return at.Before(s.flagged.Add(soakGrace))
	}
	return true
}

// soakHow is how often a message is to be shown.
type soakHow string

// The possibilities.
const (
	soakOnce  soakHow = "once"
	soakNever soakHow = "never"
	soakMaybe soakHow = "maybe" // deleted on its way, or under a message that was never released
)

// how says how often a message is to be shown in each room that hears it.
func (m *soakMessage) how() soakHow {
	switch m.class {
	case soakGhost, soakLeave, soakRefused, soakDropped, soakEarlyTurn:
		return soakNever
	case soakLater:
		return soakMaybe
	}
	if m.waits() {
		switch {
		case m.root.class == soakLeave:
			return soakNever
		case m.root.how() != soakOnce, m.class == soakTurn: // an edit that came while it waited is what it says now
			return soakMaybe
		}
	}
	if m.deleted {
		return soakMaybe
	}
	return soakOnce
}

// waits reports whether a message may have to wait for what it answers: for a held message of its own room, or for one
// from elsewhere that was held after this room had its copy.
func (m *soakMessage) waits() bool {
	switch {
	case m.root == nil, m.root.class == soakPlain, m.root.class == soakEarly:
		return false
	}
	return m.root.room == m.room || m.root.class == soakLater || m.root.class == soakLaterGo
}

// checkCopies looks at the copies of one message in one room.
func (s *soak) checkCopies(room string, m *soakMessage, copies []*soakShown) {
	s.platform.counts["copies"] += len(copies)
	how := m.how()
	what := fmt.Sprintf("%s (%s, under %s) in %s", m.name, m.class, m.thread, room)
	if len(copies) == 0 {
		if how == soakOnce {
			s.fault("a message is missing", "%s", what)
		}
		return
	}
	if how == soakNever && m.class != soakEarlyTurn {
		s.fault("a message that was to stay", "%s", what)
	}
	for i, again := range copies[1:] {
		before := copies[i]
		s.platform.counts["copies shown again"]++
		switch {
		case !again.post.Mark:
			s.fault("a second copy without a mark: "+string(m.class), "%s: %s after %s, starts %d and %d", what, again.id, before.id, again.post.Life, before.post.Life)
		case !s.unsure(before.post):
			s.fault("a second copy of what had arrived", "%s: %s after %s, starts %d and %d", what, again.id, before.id, again.post.Life, before.post.Life)
		default:
			s.platform.counts["copies shown again, marked, fate unknown"]++
		}
	}
	if copies[0].post.Mark {
		s.platform.counts["copies shown once, marked"]++
	}
	s.checkText(what, m, copies[len(copies)-1])
}

// unsure reports whether the fate of a call could not be known.
func (s *soak) unsure(c soakCall) bool {
	return s.killed[c.Life] || s.unknown[fmt.Sprint(c.Life, c.Post)]
}

// checkText compares what a copy shows in the end.
func (s *soak) checkText(what string, m *soakMessage, last *soakShown) {
	if m.deleted {
		switch {
		case last.deleted:
			s.platform.counts["tombstones"]++
		case s.unsure(last.post):
			s.platform.counts["copies of unknown fate left behind by a deletion"]++
		default:
			s.fault("a deleted message is shown", "%s: %q", what, last.text)
		}
		return
	}
	want := m.texts[len(m.texts)-1]
	if (m.class == soakTurn || m.class == soakLater) && last.text != want && slices.Contains(m.texts, last.text) {
		return // its last text was held; an older one stays
	}
	if last.text != want {
		s.fault("not the newest text", "%s: %q, want %q", what, last.text, want)
	}
}

// checkThread checks under what a copy hangs.
func (s *soak) checkThread(room string, m *soakMessage, shown *soakShown, copies map[string][]*soakShown) {
	if m.root == nil {
		if shown.thread != "" {
			s.fault("in a thread without being a reply", "%s in %s: %s", m.name, room, shown.thread)
		}
		return
	}
	s.platform.counts["replies shown"]++
	want := []string{}
	if m.root.room == room {
		want = append(want, cmp.Or(m.root.thread, m.root.id()))
	}
	for _, root := range copies[m.root.name] {
		if root.number < shown.number {
			want = append(want, cmp.Or(root.thread, root.id))
		}
	}
	if len(want) == 0 || m.root.deleted {
		want = append(want, "")
	}
	if !slices.Contains(want, shown.thread) {
		s.fault("not under its root", "%s in %s (written under %s): thread %q, want one of %q, root %s (%s)",
			m.name, room, m.thread, shown.thread, want, m.root.name, m.root.class)
	}
}

// checkOrder checks that the copies from each room stand in the order in which they were written there, save what waited
// for a decision.
func (s *soak) checkOrder(room string, copies map[string][]*soakShown) {
	newest := map[string]*soakShown{}
	for _, m := range slices.SortedFunc(maps.Values(s.plan), func(a, b *soakMessage) int { return cmp.Compare(a.n, b.n) }) {
		free := m.class == soakPlain || m.class == soakEarly || m.class == soakTurn || m.class == soakTurnRelease
		if !free || m.waits() || len(copies[m.name]) == 0 {
			continue
		}
		first := copies[m.name][0]
		if before := newest[m.room]; before != nil && before.number > first.number {
			s.fault("out of order", "%s in %s stands before %q", m.name, room, before.post.Text)
			continue
		}
		newest[m.room] = first
	}
}

// checkLog looks for people's words and for errors in what the program wrote.
func (s *soak) checkLog() {
	for line := range strings.Lines(s.log.String()) {
		switch {
		case soakToken.MatchString(line), strings.Contains(line, soakTerm), strings.Contains(line, soakFog), strings.Contains(line, soakSecret):
			s.fault("words of people in the log", "%s", line)
		case strings.Contains(line, "level=ERROR") && strings.Contains(line, "reason=no_id"):
			s.platform.counts["rows parked: a deletion without an id"]++
		case strings.Contains(line, "level=ERROR"), strings.Contains(line, "panic"), strings.Contains(line, "DATA RACE"):
			s.fault("an error in the log", "%s", line)
		case strings.Contains(line, "longer than its lease"):
			s.platform.counts["deliveries longer than their lease"]++
		}
	}
}

// report prints the counts and what went wrong.
func (s *soak) report(took time.Duration) {
	counts := s.platform.counts
	for _, m := range s.plan {
		counts["messages"]++
		counts["messages, "+string(m.class)]++
		counts["edits"] += len(m.texts) - 1
		if m.deleted {
			counts["deletions"]++
		}
		if m.root != nil {
			counts["replies written"]++
		}
	}
	counts["calls of unknown fate"] = len(s.unknown)
	counts["texts held, PR asked"] = len(s.asked)
	counts["texts held, released by PR"] = len(s.approved)
	var table strings.Builder
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&table, "%8d  %s\n", counts[what], what)
	}
	s.t.Logf("%v, seed %d\n%s", took.Round(time.Second), s.seed, table.String())
	for what, least := range map[string]int{
		"kills": soakKills, "clean ends": 2, "messages": 3000, "copies": 4000, "replies shown": 500, "calls of unknown fate": 10,
		"copies shown again, marked, fate unknown": 10, "events redelivered after the acknowledgement": 50, "texts held, released by PR": 20,
	} {
		if counts[what] < least {
			s.t.Errorf("too little load to prove anything: %d %s, want %d", counts[what], what, least)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(s.platform.faults)) {
		examples := s.platform.faults[kind]
		s.t.Errorf("%s: %d times, such as\n  %s", kind, len(examples), strings.Join(examples[:min(4, len(examples))], "\n  "))
	}
}
