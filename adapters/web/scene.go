package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"standleitung/bot"
	"standleitung/bot/say"
)

// Scene is a short play with invented people that shows a first visitor what the program does. It is no film: every step
// is a real message, taken in by the core as if a page had sent it.
type Scene struct {
	Steps []Step
	// Hero is who the visitor is from the end on. Required.
	Hero string
	// Waits is the command that a card offers the hero in the end, such as "approval.release".
	Waits string
	// Linger is how long people are given before the visitor becomes the hero.
	Linger time.Duration
	// Before, During and After are what the page says: before the scene is played again, while it plays, and when
	// something waits for the hero.
	Before, During, After say.Text
}

// texts are the page's texts of a scene by the name that it calls them by.
func (s *Scene) texts() map[string]say.Text {
	return map[string]say.Text{
		"scene-idle":    s.Before,
		"scene-playing": s.During,
		"scene-waits":   s.After,
		"scene-live":    say.T("{Probieren Sie|Probier} es aus: in jedem Raum, oder hier beim Bot.", "Try it: in any room, or here with the bot."),
		"scene-play":    say.T("Szene zeigen", "Play the scene"),
		"scene-again":   say.T("Noch einmal", "Play again"),
		"scene-skip":    say.T("Überspringen", "Skip"),
		"scene-close":   say.T("Schließen", "Close"),
	}
}

// Step is what one person does: they write Text, or press a button.
type Step struct {
	// Person is who does it. Required.
	Person string
	// Place is a room's id; empty: the person's direct conversation.
	Place string
	// Text is what the person writes, in the visitor's language.
	Text say.Text
	// Reply puts the text into the thread of the newest copy of what the scene wrote elsewhere.
	Reply bool
	// Press is the command whose button the person presses, on the newest card that offers it.
	Press string
	// Maybe passes over a button that is not offered once the next step can be taken.
	Maybe bool
	// Once marks what is not done again when the scene is played again.
	Once bool
	// Only limits the step to visitors of one language; empty: all.
	Only say.Language
	// Pause is how long people are given before the step.
	Pause time.Duration
}

const (
	scenePrefix  = "scene-"
	sceneLook    = 10 * time.Millisecond  // between looks for a card
	sceneWait    = 10 * time.Second       // for something that a step needs, and that does not come
	sceneRetry   = 200 * time.Millisecond // before a step that was not stored is tried once more
	sceneRetries = 5
)

// The states of a scene, as the page gets them.
const (
	sceneReady   = "ready"   // nobody has written anything yet
	scenePlaying = "playing" // right now
	sceneOver    = "over"    // it played to its end since the program started
	sceneIdle    = "idle"    // people have written: it can be played again
)

// stageManager keeps what the scene is up to. The server owns it: however many pages are open, it plays once.
type stageManager struct {
	scene *Scene

	mu      sync.Mutex
	known   map[string]bool // ids of the steps that the journal holds
	runs    int             // the highest run that the journal holds, or that was started
	written bool            // somebody has written something
	state   string          // scenePlaying, sceneOver or empty
	place   string          // where the next thing happens
	waiting bool            // in the end something waits for the hero
	hurry   chan struct{}   // closed when the rest shall be played at once
}

// sceneStatus is what the page hears of the scene.
type sceneStatus struct {
	State string `json:"state"`
	Run   int    `json:"run"`
	// Place is where the next thing happens: a room's id, or "direct".
	Place string `json:"place,omitempty"`
	Hero  string `json:"hero"`
	// Waits is set when in the end something waits for the hero.
	Waits bool `json:"waits,omitempty"`
}

// checkScene reports what a scene names and the chat does not have.
func (a *Adapter) checkScene(s *Scene) error {
	if s == nil {
		return nil
	}
	var faults []error
	if a.people[s.Hero] == nil {
		faults = append(faults, fmt.Errorf("scene: there is no person %q", s.Hero))
	}
	for i, step := range s.Steps {
		if a.people[step.Person] == nil {
			faults = append(faults, fmt.Errorf("step %d of the scene: there is no person %q", i+1, step.Person))
		}
		if step.Place != "" && a.rooms[step.Place] == nil {
			faults = append(faults, fmt.Errorf("step %d of the scene: there is no room %q", i+1, step.Place))
		}
		if step.Text.IsZero() == (step.Press == "") {
			faults = append(faults, fmt.Errorf("step %d of the scene: either a text or a button is needed", i+1))
		}
	}
	return errors.Join(faults...)
}

// heed takes in a note of the journal: what people wrote, and how often the scene was played.
func (m *stageManager) heed(n bot.Note) {
	if m == nil {
		return
	}
	id, said := strings.CutPrefix(n.Key, saidKey(""))
	if !said {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.written = true
	run, _, _ := strings.Cut(strings.TrimPrefix(id, scenePrefix), "-")
	if number, err := strconv.Atoi(run); err == nil && strings.HasPrefix(id, scenePrefix) {
		m.known[id] = true
		m.runs = max(m.runs, number)
	}
}

func (m *stageManager) status() sceneStatus {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := sceneStatus{State: m.state, Run: m.runs, Place: m.place, Hero: m.scene.Hero, Waits: m.waiting}
	switch {
	case s.State != "":
	case m.written:
		s.State = sceneIdle
	default:
		s.State = sceneReady
	}
	return s
}

// begin starts a run and returns its number; 0 when it must not start: it plays already, or it would be the first one and
// people have written.
func (m *stageManager) begin(again bool) (run int, hurry chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state == scenePlaying || !again && (m.written || m.state != "") {
		return 0, nil
	}
	m.runs++
	m.state, m.place, m.waiting = scenePlaying, "", false
	m.hurry = make(chan struct{})
	return m.runs, m.hurry
}

// skip has the rest played at once.
func (m *stageManager) skip() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.hurry != nil {
		close(m.hurry)
		m.hurry = nil
	}
}

func (m *stageManager) end(state string, waiting bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state, m.waiting, m.hurry = state, waiting, nil
}

func (m *stageManager) turnTo(place string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.place = place
}

// done reports whether the journal holds a step.
func (m *stageManager) done(id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.known[id]
}

// tellScene answers with what the scene is up to.
func (a *Adapter) tellScene(w http.ResponseWriter, r *http.Request) {
	if a.manager == nil {
		http.NotFound(w, r)
		return
	}
	writeJSON(w, http.StatusOK, a.manager.status())
}

// directScene starts the scene, plays it again or skips the rest, and answers with what it is up to then.
func (a *Adapter) directScene(w http.ResponseWriter, r *http.Request) {
	if a.manager == nil {
		http.NotFound(w, r)
		return
	}
	req, err := read(w, r)
	if err != nil {
		a.refuse(w, r, nil, err)
		return
	}
	switch req.Do {
	case "play", "again":
		language := say.German
		if req.Fields["language"] == string(say.English) {
			language = say.English
		}
		a.raiseCurtain(req.Do == "again", language)
	case "skip":
		a.manager.skip()
	default:
		a.refuse(w, r, nil, &fault{http.StatusBadRequest, "bad_request", texts().badRequest})
		return
	}
	writeJSON(w, http.StatusOK, a.manager.status())
}

// raiseCurtain plays the scene beside everything else, unless it must not start. Run waits for it when it ends.
func (a *Adapter) raiseCurtain(again bool, language say.Language) {
	core, ok := a.shift.Enter()
	if !ok {
		return
	}
	number, hurry := a.manager.begin(again)
	if number == 0 {
		a.shift.Leave()
		return
	}
	p := &performance{Adapter: a, core: core, scene: a.manager.scene, run: number, language: language, hurry: hurry, began: a.chat.last()}
	go func() {
		defer a.shift.Leave()
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		go func() {
			select {
			case <-a.shift.Over():
				cancel()
			case <-ctx.Done():
			}
		}()
		waiting, err := p.play(ctx)
		if err == nil {
			a.manager.end(sceneOver, waiting)
			return
		}
		a.manager.end("", false)
		if ctx.Err() == nil {
			a.log.WarnContext(ctx, "the scene of the example ended early", "run", number, "error", err)
		}
	}()
}

// performance is one run of a scene.
type performance struct {
	*Adapter
	core     bot.Core
	scene    *Scene
	run      int
	language say.Language
	hurry    <-chan struct{}
	began    uint64 // number of the last note before it
}

// play takes all steps. It reports whether something waits for the hero in the end.
func (p *performance) play(ctx context.Context) (waiting bool, err error) {
	// The hero's first look at the bot comes before all else, so that what waits is the last thing there.
	hello, err := opened(p.Adapter, p.people[p.scene.Hero], request{})
	if err == nil {
		_, err = p.core.Receive(ctx, hello)
	}
	if err != nil {
		return false, fmt.Errorf("greet the hero: %w", err)
	}
	steps := p.scene.Steps
	for i := range steps {
		s := &steps[i]
		if s.Only != "" && s.Only != p.language || s.Once && p.manager.done(p.id(i)) {
			continue
		}
		p.manager.turnTo(s.at())
		p.pause(ctx, s.Pause)
		if err := p.take(ctx, i); err != nil {
			return false, fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	var card *post
	if p.scene.Waits != "" {
		card, _, err = p.card(ctx, p.scene.Hero, p.scene.Waits, func() bool { return false })
	}
	p.pause(ctx, p.scene.Linger)
	return card != nil, errors.Join(err, ctx.Err())
}

func (s *Step) at() string {
	if s.Place == "" {
		return directPlace
	}
	return s.Place
}

// id is what a page would call the message of a step. The run is part of it, so that a step has one effect in each.
func (p *performance) id(step int) string {
	run := p.run
	if p.scene.Steps[step].Once {
		run = 0
	}
	return fmt.Sprintf("%s%d-%d", scenePrefix, run, step)
}

// take takes one step, as the person's page would.
func (p *performance) take(ctx context.Context, i int) error {
	s := &p.scene.Steps[i]
	person := p.people[s.Person]
	req := request{Person: s.Person, ID: p.id(i), Place: s.at()}
	build := said
	switch {
	case s.Press != "":
		build = pressed
		card, do, err := p.card(ctx, s.Person, s.Press, func() bool { return s.Maybe && p.possible(i+1) })
		if card == nil {
			return err
		}
		req.Post, req.Do = card.ID, do
	default:
		req.Text = s.Text.In(say.Voice{Language: p.language})
		if s.Reply {
			root, err := p.await(ctx, func() *post { return p.copied(s.Place, s.Person) }, func() bool { return false })
			if root == nil {
				return err // it goes on without the answer
			}
			req.Thread = root.ID
		}
	}
	for try := 1; ; try++ {
		m, err := build(p.Adapter, person, req)
		if err == nil {
			_, err = p.core.Receive(ctx, m)
		}
		p.wake()
		if err == nil || try == sceneRetries || ctx.Err() != nil {
			return err
		}
		p.rest(ctx, sceneRetry)
	}
}

// possible reports whether a step that presses a button could be taken now.
func (p *performance) possible(step int) bool {
	if step >= len(p.scene.Steps) || p.scene.Steps[step].Press == "" {
		return false
	}
	card, _ := p.offered(p.scene.Steps[step].Person, p.scene.Steps[step].Press)
	return card != nil
}

// card waits for a card that offers somebody a command; nil when it does not come, or is no longer wanted.
func (p *performance) card(ctx context.Context, person, command string, enough func() bool) (card *post, do string, err error) {
	card, err = p.await(ctx, func() *post {
		found, action := p.offered(person, command)
		do = action
		return found
	}, enough)
	return card, do, err
}

// offered is the newest card of this run that offers somebody a command, with the action of its button.
func (p *performance) offered(person, command string) (*post, string) {
	do := ""
	card := p.newest(person, func(q *post) bool {
		if q.Card == nil {
			return false
		}
		for _, b := range q.Card.Buttons {
			for word := range strings.FieldsSeq(b.Do) {
				if word == command {
					do = b.Do
					return true
				}
			}
		}
		return false
	})
	return card, do
}

// copied is the newest copy of this run in a room that is not of somebody's own words.
func (p *performance) copied(room, person string) *post {
	return p.newest(person, func(q *post) bool {
		return q.top == RoomPlace(room) && q.From != nil && q.From.ID == "" && q.Thread == ""
	})
}

// newest is the newest post of this run that somebody sees and that is wanted.
func (p *performance) newest(person string, wanted func(*post) bool) *post {
	posts := p.chat.look(person).Posts
	for i := len(posts) - 1; i >= 0 && posts[i].Number > p.began; i-- {
		if q := posts[i]; !q.Deleted && wanted(q) {
			return q
		}
	}
	return nil
}

// await looks until something is there; nil when it is not wanted any more, or did not come in time.
func (p *performance) await(ctx context.Context, find func() *post, enough func() bool) (*post, error) {
	late := time.NewTimer(sceneWait)
	defer late.Stop()
	look := time.NewTicker(sceneLook)
	defer look.Stop()
	for {
		if found := find(); found != nil {
			return found, nil
		}
		if enough() {
			return nil, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-late.C:
			return nil, nil
		case <-look.C:
		}
	}
}

// pause gives people time to read, unless they are in a hurry.
func (p *performance) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.hurry:
	case <-ctx.Done():
	}
}

func (p *performance) rest(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
