package slack

import (
	"encoding/json"
	"strings"
	"sync"
	"time"

	"standleitung/bot"
)

const (
	// answerLife is how long an address for answers is used; Slack takes answers there for 30 minutes.
	answerLife = 28 * time.Minute
	// answerUses is how often it is used; Slack takes five.
	answerUses = 5
	answerKey  = "answer/"
)

// answers are the addresses at which Slack takes answers to what somebody did. They are kept, so that a restart in between
// does no harm; how often they were used is not: Slack says so.
type answers struct {
	mu    sync.Mutex
	known map[string]*address // by channel and person
}

type address struct {
	URL   string    `json:"url"`
	Until time.Time `json:"until"`
	uses  int
}

// learn takes in an address and returns what to keep. It is forgotten with the next one, or when the program starts.
func (l *answers) learn(t trigger, now time.Time) []bot.Kept {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil || len(l.known) >= mostPeople {
		l.known = map[string]*address{}
	}
	key := threadKey(t.channel, t.user)
	kept := &address{URL: t.responseURL, Until: now.Add(answerLife)}
	l.known[key] = kept
	value, err := json.Marshal(kept)
	if err != nil {
		return nil
	}
	list := []bot.Kept{{Key: answerKey + key, Value: value}}
	for other, a := range l.known { // what has run out goes with it
		if now.After(a.Until) && other != key {
			delete(l.known, other)
			list = append(list, bot.Kept{Key: answerKey + other})
		}
	}
	return list
}

// load takes in what was kept.
func (l *answers) load(k bot.Kept) {
	key, ok := strings.CutPrefix(k.Key, answerKey)
	kept := &address{}
	if !ok || json.Unmarshal(k.Value, kept) != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil {
		l.known = map[string]*address{}
	}
	l.known[key] = kept
}

// find is the address for a person in a channel or, without a person, for anybody there.
func (l *answers) find(channel, user string, now time.Time) (string, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var best *address
	for key, a := range l.known {
		fits := key == threadKey(channel, user) || user == "" && strings.HasPrefix(key, channel+"/")
		if fits && a.uses < answerUses && now.Before(a.Until) && (best == nil || a.Until.After(best.Until)) {
			best = a
		}
	}
	if best == nil {
		return "", false
	}
	return best.URL, true
}

// used counts a use, spent ends them.
func (l *answers) used(url string)  { l.count(url, 1) }
func (l *answers) spent(url string) { l.count(url, answerUses) }

func (l *answers) count(url string, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.known {
		if a.URL == url {
			a.uses += n
		}
	}
}
