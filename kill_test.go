package main_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"standleitung/bot"
	"standleitung/store/bolt"
)

// kills is how often the program is killed.
const kills = 50

// killConfig: lena decides on topics and listens, everybody else suggests some, in places of different kinds.
const killConfig = `
language: en
listen: %s
store: {url: "bbolt:store.db"}
rooms:
  pr:     {party: pr, web: pr}
  sales:  {party: sales, web: sales}
  social: {party: social, web: social}
people:
  lena: {name: Lena Brandt, roles: [lead]}
  ines: {name: Ines Falk, roles: [pr]}
  mara: {name: Mara Kiel, roles: [sales]}
  jan:  {name: Jan Ohm, roles: [social]}
  kim:  {name: Kim Noor}
  emma: {name: Emma Clarke, roles: [sales], language: de}
`

// TestKill kills the program under load, again and again, without a warning. People send topics meanwhile, and send
// again, with the same id, what was not acknowledged, as browsers do. In the end every message that was accepted has
// its effect once and its answer once, in the order in which each person wrote.
func TestKill(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	p := newProgram(ctx, t, killConfig)

	lena := listen(ctx, t, p.address, "lena", "direct", "")
	stop := make(chan struct{})
	var writers []*writer
	var writing sync.WaitGroup
	for i, who := range []string{"ines/pr", "mara/sales", "emma/sales", "jan/direct", "kim/direct"} {
		person, place, _ := strings.Cut(who, "/")
		w := &writer{
			t: t, address: p.address, person: person, place: place,
			random: rand.New(rand.NewPCG(seed, uint64(i+1))),
			heard:  listen(ctx, t, p.address, person, place, person),
		}
		writers = append(writers, w)
		writing.Go(func() { w.write(ctx, stop) })
	}

	var starts []time.Duration
	for range kills {
		p.start(ctx, t)
		if random.IntN(5) > 0 { // else it dies while it starts
			began := time.Now()
			p.waitUntilReady(ctx, t)
			starts = append(starts, time.Since(began))
		}
		pause(ctx, time.Duration(random.IntN(600))*time.Millisecond)
		p.kill(t)
	}
	calm := time.Now()
	p.start(ctx, t)
	close(stop)
	writing.Wait()

	var accepted []string
	for _, w := range writers {
		accepted = append(accepted, w.accepted...)
		if got := w.heard.waitFor(ctx, len(w.accepted)); !slices.Equal(got, w.accepted) {
			t.Errorf("%s in %s: %s", w.person, w.place, differ(got, w.accepted))
		}
	}
	toLena := lena.waitFor(ctx, len(accepted))
	calmed := time.Since(calm)
	p.terminate(t)
	topics := p.topics(t)
	slices.Sort(accepted)
	for who, got := range map[string][]string{"the store": topics, "lena": toLena} {
		if slices.Sort(got); !slices.Equal(got, accepted) {
			t.Errorf("%s: %s", who, differ(got, accepted))
		}
	}
	slices.Sort(starts)
	t.Logf("from start to ready: %v in the middle, %v at most; all answers there %v after the last start",
		starts[len(starts)/2], starts[len(starts)-1], calmed)
	report(t, writers, len(accepted), len(topics))
}

func report(t *testing.T, writers []*writer, accepted, topics int) {
	t.Helper()
	var resent, repeated, answers int
	for _, w := range writers {
		resent, repeated, answers = resent+w.resent, repeated+w.repeated, answers+len(w.heard.quotes())
	}
	t.Logf("%d kills: %d messages accepted, %d topics, %d answers; %d sent again, of which %d had been stored before the kill",
		kills, accepted, topics, answers, resent, repeated)
	if accepted < 10*kills || resent == 0 {
		t.Errorf("too little load to prove anything: %d messages, %d sent again", accepted, resent)
	}
}

// differ says how two lists differ, in few words.
func differ(got, want []string) string {
	count := map[string]int{}
	for _, s := range want {
		count[s]++
	}
	for _, s := range got {
		count[s]--
	}
	var missing, extra []string
	for s, n := range count {
		if n > 0 {
			missing = append(missing, s)
		} else if n < 0 {
			extra = append(extra, s)
		}
	}
	if len(missing)+len(extra) == 0 {
		return "everything is there, but in another order"
	}
	return fmt.Sprintf("got %d, want %d; %d missing, such as %q; %d too often, such as %q",
		len(got), len(want), len(missing), missing[:min(5, len(missing))], len(extra), extra[:min(5, len(extra))])
}

// pause waits, or returns when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// program is the built program in a folder of its own.
type program struct {
	binary, dir, address string

	command *exec.Cmd
	ready   chan struct{} // closed when it said where it listens, or ended
	stderr  *bytes.Buffer
}

func newProgram(ctx context.Context, t *testing.T, config string) *program {
	t.Helper()
	p := &program{dir: t.TempDir()}
	p.binary = filepath.Join(p.dir, "standleitung")
	build := exec.CommandContext(ctx, "go", "build", "-o", p.binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.address = l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	p.configure(t, config)
	return p
}

// configure writes the configuration of the program, with its address where %s stands.
func (p *program) configure(t *testing.T, config string) {
	t.Helper()
	text := fmt.Sprintf(config, p.address)
	if err := os.WriteFile(filepath.Join(p.dir, "config.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (p *program) start(ctx context.Context, t *testing.T) {
	t.Helper()
	p.command = exec.CommandContext(ctx, p.binary, "--log-level", "warn")
	p.command.Dir = p.dir
	p.stderr = &bytes.Buffer{}
	p.command.Stderr = p.stderr
	stdout, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	p.ready = make(chan struct{})
	go func() {
		defer close(p.ready)
		_, _ = bufio.NewReader(stdout).ReadString('\n')
	}()
}

func (p *program) waitUntilReady(ctx context.Context, t *testing.T) {
	t.Helper()
	select {
	case <-p.ready:
	case <-ctx.Done():
		t.Fatalf("it did not start: %s", p.stderr)
	}
}

// kill ends the program without a warning. It must still have been running.
func (p *program) kill(t *testing.T) {
	t.Helper()
	_ = p.command.Process.Kill() // what ended by itself shows below
	<-p.ready
	_ = p.command.Wait()
	status, ok := p.command.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		t.Fatalf("it ended before it was killed: %v\n%s", p.command.ProcessState, p.stderr)
	}
}

// terminate asks the program to stop, which it must do cleanly.
func (p *program) terminate(t *testing.T) {
	t.Helper()
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-p.ready
	if err := p.command.Wait(); err != nil {
		t.Errorf("SIGTERM: %v\n%s", err, p.stderr)
	}
}

// topics are the texts of all topics in the store of the program, which must have stopped. Nothing may wait in the
// outbox.
func (p *program) topics(t *testing.T) []string {
	t.Helper()
	store, err := bolt.Open(t.Context(), bolt.Config{
		Path: filepath.Join(p.dir, "store.db"), Now: time.Now, Log: slog.New(slog.DiscardHandler), Migrations: bot.Migrations(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	stats, err := store.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if stats.Queued+stats.Sending+stats.Unknown+stats.Parked > 0 {
		t.Errorf("rows are left in the outbox: %+v", stats)
	}
	if proof, err := bot.Verify(t.Context(), store); err != nil || proof.Wrong > 0 {
		t.Errorf("the store cannot be proven: %v, %+v", err, proof)
	}
	var texts []string
	err = store.View(t.Context(), func(r bot.Reader) error {
		for found, err := range r.Scan(bot.Query{Kind: "topic"}) {
			var topic bot.Topic
			if err := errors.Join(err, json.Unmarshal(found.Value, &topic)); err != nil {
				return err
			}
			texts = append(texts, topic.Text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// writer is a person who suggests topics, one after the other, each until it is accepted.
type writer struct {
	t                      *testing.T
	address, person, place string
	random                 *rand.Rand
	heard                  *listener

	accepted         []string
	resent, repeated int
}

func (w *writer) write(ctx context.Context, stop <-chan struct{}) {
	for n := 1; ; n++ {
		select {
		case <-stop:
			return
		case <-ctx.Done():
			return
		case <-time.After(time.Duration(w.random.IntN(15)) * time.Millisecond):
		}
		text := words(w.person, n)
		if !w.suggest(ctx, fmt.Sprintf("%s-%08d", w.person, n), text) {
			return
		}
		w.accepted = append(w.accepted, text)
	}
}

// words makes a text of words that no other text has, since topics that are alike would be asked about. It ends with
// the person, as a word that tells who wrote it but does not count among so many.
func words(person string, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", person, n))
	for i, b := range sum {
		sum[i] = 'a' + b%26
	}
	return fmt.Sprintf("%s %s %s %s %s", sum[:6], sum[6:12], sum[12:18], sum[18:24], person)
}

// suggest sends a topic until it is accepted.
func (w *writer) suggest(ctx context.Context, id, text string) bool {
	body, err := json.Marshal(map[string]string{"person": w.person, "id": id, "place": w.place, "text": "/topic " + text})
	if err != nil {
		w.t.Error(err)
		return false
	}
	for ctx.Err() == nil {
		status, answer, err := post(ctx, "http://"+w.address+"/chat/say", body)
		switch {
		case err == nil && status == http.StatusOK:
			if strings.Contains(answer, `"seen":true`) {
				w.repeated++
			}
			return true
		case err == nil && status != http.StatusServiceUnavailable:
			w.t.Errorf("%s: answer %d to %q: %s", w.person, status, text, answer)
			return false
		}
		// Only what may have arrived counts as sent again: not what found nobody, or was refused.
		if err != nil && !errors.Is(err, syscall.ECONNREFUSED) {
			w.resent++
		}
		pause(ctx, 5*time.Millisecond)
	}
	return false
}

func post(ctx context.Context, url string, body []byte) (status int, answer string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	return res.StatusCode, string(data), err
}

// listener follows the numbered events of one person and keeps what the bot says at one place about texts of an author.
type listener struct {
	t                              *testing.T
	address, person, place, author string

	mu    sync.Mutex
	last  string            // number of the last event
	posts map[string]string // what the bot's posts are about, by their ids
	order []string          // the ids, in the order in which they came
	more  chan struct{}     // something came
}

// heardPost is what the listener needs to know of a post.
type heardPost struct {
	ID    string          `json:"id"`
	Place string          `json:"place"`
	From  json.RawMessage `json:"from"` // nil for the bot
	Card  struct {
		Quote string `json:"quote"`
	} `json:"card"`
}

func listen(ctx context.Context, t *testing.T, address, person, place, author string) *listener {
	t.Helper()
	l := &listener{t: t, address: address, person: person, place: place, author: author, posts: map[string]string{}, more: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			l.follow(ctx)
			pause(ctx, 5*time.Millisecond)
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	return l
}

// follow reads events until the connection ends.
func (l *listener) follow(ctx context.Context) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+l.address+"/chat/events?person="+l.person, nil)
	if err != nil {
		l.t.Error(err)
		return
	}
	l.mu.Lock()
	req.Header.Set("Last-Event-ID", l.last)
	l.mu.Unlock()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return // it is dead; the next try finds it
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return
	}
	lines := bufio.NewReader(res.Body)
	var kind, number string
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return // an event counts when all of it came
		}
		switch field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); field {
		case "event":
			kind = value
		case "id":
			number = value
		case "data":
			l.take(kind, number, []byte(value))
		}
	}
}

func (l *listener) take(kind, number string, data []byte) {
	var posts []heardPost
	var err error
	if kind == "snapshot" {
		var snapshot struct{ Posts []heardPost }
		err = json.Unmarshal(data, &snapshot)
		posts = snapshot.Posts
	} else {
		posts = make([]heardPost, 1)
		err = json.Unmarshal(data, &posts[0])
	}
	if err != nil {
		l.t.Errorf("event %s: %v", number, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = number
	for _, p := range posts {
		mine := p.Place == l.place && p.From == nil && p.Card.Quote != "" && strings.HasSuffix(p.Card.Quote, l.author)
		if _, known := l.posts[p.ID]; known || !mine {
			continue
		}
		l.posts[p.ID] = p.Card.Quote
		l.order = append(l.order, p.ID)
	}
	select {
	case l.more <- struct{}{}:
	default:
	}
}

// quotes are what the bot's posts were about, in their order.
func (l *listener) quotes() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var quotes []string
	for _, id := range l.order {
		quotes = append(quotes, l.posts[id])
	}
	return quotes
}

// waitFor waits until so many posts came and returns what they are about. What is missing, the caller tells.
func (l *listener) waitFor(ctx context.Context, n int) []string {
	deadline, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for len(l.quotes()) < n && deadline.Err() == nil {
		select {
		case <-l.more:
		case <-deadline.Done():
		}
	}
	return l.quotes()
}
