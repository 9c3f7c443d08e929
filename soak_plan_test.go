//go:build soak

package main_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	soakEach   = 170            // messages in each room
	soakTerm   = "Quasarrabatt" // of the flag
	soakSecret = "Zyklopenzoll" // a term of the flag that nobody ever writes
)

// soakClass is what happens to a message, by the plan.
type soakClass string

// The classes.
const (
	soakPlain   soakClass = "plain"
	soakSent    soakClass = "sent by command" // in the rooms of the line that carries nothing else
	soakHeld    soakClass = "held, never decided"
	soakRelease soakClass = "held, released"
)

// soakMessage is one message that people write.
type soakMessage struct {
	name   string // "alpha#0012"
	room   *soakRoom
	n      int
	class  soakClass
	by     string
	texts  []string        // by version
	pauses []time.Duration // before each edit, and before the deletion
	delete bool
	answer bool
	hold   bool // somebody's event is to be delivered after the next one

	// What came of it. One writer has it at a time; it is read when all is over.
	id     string       // the platform's
	root   *soakMessage // what it answers
	thread string       // the id that the thread hangs on
	first  bool         // its first delivery was acknowledged
	held   bool         // the platform delivered it after the next event
	shown  int          // the version that the platform shows
	gone   bool         // it was deleted
	said   bool         // it was written at all
}

// hears reports whether what is written in a room is read in another.
func hears(m *soakMessage, in string) bool {
	from := m.room.name
	if from == in {
		return false
	}
	if m.class == soakSent {
		return strings.HasPrefix(in, "fwd")
	}
	return slices.ContainsFunc(soakLines, func(l []string) bool { return slices.Contains(l, from) && slices.Contains(l, in) })
}

// plan draws everything that people will write.
func (s *soak) plan() {
	for i, r := range s.rooms {
		for n := range soakEach {
			random := rand.New(rand.NewPCG(s.seed, uint64(i)<<32|uint64(n)))
			m := &soakMessage{name: fmt.Sprintf("%s#%04d", r.name, n), room: r, n: n, class: soakPlain, by: r.writers[random.IntN(len(r.writers))]}
			m.draw(random)
			r.messages = append(r.messages, m)
		}
	}
}

func (m *soakMessage) draw(random *rand.Rand) {
	p := random.IntN(100)
	guarded := slices.Contains(soakLines[0], m.room.name)
	switch {
	case strings.HasPrefix(m.room.name, "fwd") && p < 40:
		m.class = soakSent
	case guarded && p < 4:
		m.class = soakHeld
	case guarded && p < 8 && m.n < soakEach*3/4:
		m.class = soakRelease
	}
	edits := 0
	if m.class == soakPlain {
		m.answer = random.IntN(4) == 0
		m.delete = random.IntN(15) == 0
		m.hold = random.IntN(25) == 0
		if random.IntN(4) == 0 {
			edits = 1 + random.IntN(3)
		}
	}
	for v := range edits + 1 {
		m.texts = append(m.texts, fmt.Sprintf("%sv%d %s", m.name, v, m.word()))
	}
	for range edits + 1 {
		m.pauses = append(m.pauses, time.Duration(random.IntN(900))*time.Millisecond)
	}
}

func (m *soakMessage) word() string {
	if m.class == soakHeld || m.class == soakRelease {
		return "Der " + soakTerm + " kommt"
	}
	return "Guten Morgen zusammen"
}

// What a text says of itself. The last one is its own: others stand in the quote above it.
var soakToken = regexp.MustCompile(`((?:alpha|beta|gamma|hub|delta|eps|fwdslack|fwdteams|fwdweb|loneslack|loneteams|loneweb)#(\d{4}))v(\d+)`)

// said is a message and its version, as a text tells.
func (s *soak) message(token []string) (m *soakMessage, version int) {
	room, _, _ := strings.Cut(token[1], "#")
	n, _ := strconv.Atoi(token[2])
	version, _ = strconv.Atoi(token[3])
	return s.room(room).messages[n], version
}
