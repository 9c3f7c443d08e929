package bot

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"standleitung/bot/say"
	"standleitung/bot/words"
)

// Topic is an idea for something to say.
type Topic struct {
	ID     uint64   `json:"id"`
	Text   string   `json:"text"`
	Why    string   `json:"why,omitempty"`    // why now
	For    string   `json:"for,omitempty"`    // whom it is for
	Source string   `json:"source,omitempty"` // where it comes from
	Themes []string `json:"themes,omitempty"`
	// Author is the id of the person who suggested it.
	Author     string     `json:"author"`
	At         time.Time  `json:"at"`
	Supporters []string   `json:"supporters,omitempty"`
	State      TopicState `json:"state"`
	// Until is the day until which it is parked (2006-01-02).
	Until string `json:"until,omitempty"`
	// Into is the topic that it was merged into.
	Into uint64 `json:"into,omitempty"`
	// Reason is why it was declined.
	Reason string `json:"reason,omitempty"`
	// By and Decided say who decided last, and when.
	By      string    `json:"by,omitempty"`
	Decided time.Time `json:"decided,omitzero"`

	// Held are the writer's words for which the register put it aside: it is in no list and on no card of others until
	// somebody who may releases it. Sealed hides it from the lead, too: red says nothing. HeldBy decided that it stays so.
	Held   []Hit  `json:"held,omitempty"`
	Sealed bool   `json:"sealed,omitempty"`
	HeldBy string `json:"held_by,omitempty"`
	// Unchecked is set when the register could not be read as it came.
	Unchecked bool `json:"unchecked,omitempty"`

	// words caches stems until the text changes.
	words []string
}

// TopicState is how far a topic is.
type TopicState string

// The states of a topic.
const (
	TopicNew       TopicState = "new"
	TopicAccepted  TopicState = "accepted"
	TopicParked    TopicState = "parked"
	TopicMerged    TopicState = "merged"
	TopicDeclined  TopicState = "declined"
	TopicWithdrawn TopicState = "withdrawn"
)

// topicStates names the states for people.
var topicStates = map[TopicState]say.Text{
	TopicNew:       say.T("neu", "new"),
	TopicAccepted:  say.T("angenommen", "accepted"),
	TopicParked:    say.T("geparkt", "parked"),
	TopicMerged:    say.T("zusammengelegt", "merged"),
	TopicDeclined:  say.T("abgelehnt", "declined"),
	TopicWithdrawn: say.T("zurückgezogen", "withdrawn"),
}

// mostStems bounds how many words of a topic can be found.
const mostStems = 24

var topics = &Kind[Topic]{
	Name: "topic", Version: 1,
	Key: func(t *Topic) string { return Serial(t.ID) },
	Indexes: []Index[Topic]{
		{"state", func(t *Topic) []string {
			if t.held() {
				return nil
			}
			return []string{Compose(string(t.State), Serial(t.ID))}
		}},
		{"held", func(t *Topic) []string {
			var values []string
			for _, h := range t.Held {
				values = append(values, Compose(h.Flag, Serial(t.ID)))
			}
			return values
		}},
		{"until", func(t *Topic) []string {
			if t.State != TopicParked || t.held() {
				return nil
			}
			return []string{Compose(t.Until, Serial(t.ID))}
		}},
		{"author", func(t *Topic) []string {
			if t.Sealed {
				return nil
			}
			return []string{Compose(t.Author, Serial(t.ID))}
		}},
		{"theme", func(t *Topic) []string {
			if t.held() {
				return nil
			}
			var values []string
			for _, theme := range t.Themes {
				values = append(values, Compose(theme, Serial(t.ID)))
			}
			return values
		}},
		{"word", func(t *Topic) []string {
			if t.State == TopicMerged || t.State == TopicWithdrawn || t.held() {
				return nil
			}
			var values []string
			for _, s := range t.stems() {
				values = append(values, Compose(s, Serial(t.ID)))
			}
			return values
		}},
	},
}

// stems are the words by which the topic is found.
func (t *Topic) stems() []string {
	if t.words == nil {
		t.words = words.Stems(t.Text+" "+strings.Join(t.Themes, " "), mostStems)
	}
	return t.words
}

// Ref is the reference as people read it.
func (t *Topic) Ref() string { return formatRef("T", t.ID) }

// title is the topic in a line of a list.
func (t *Topic) title() string {
	line, _, _ := strings.Cut(t.Text, "\n")
	return shorten(line, 80)
}

// undecided reports whether the topic can still be changed, supported and decided.
func (t *Topic) undecided() bool { return t.State == TopicNew || t.State == TopicParked }

// topic reads the topic that the command names. One that was put aside is not there for those who may not see it.
func (r *Request) topic(arg string) (*Topic, error) {
	t, err := r.books.topic(r.Ref(arg))
	if err == nil {
		var sees bool
		if sees, err = r.books.sees(t, r.Person); err == nil && !sees {
			err = ErrNotFound
		}
	}
	if errors.Is(err, ErrNotFound) {
		return nil, &Error{Code: NotFound, Field: arg, Text: textNoTopic, Args: []any{"ref", r.Text(arg)}}
	}
	return t, err
}

var textNoTopic = say.T("Ein Thema {ref} gibt es nicht. Nichts geändert.", "There is no topic {ref}. Nothing changed.")

// similar finds undecided and accepted topics that say nearly the same as an idea, the nearest first.
func similar(r Reader, idea *Topic) ([]*Topic, error) {
	const (
		perStem = 40   // postings read of each word: the newest
		load    = 12   // candidates compared
		shown   = 3    // hits returned
		alike   = 0.45 // from which two topics count as similar
	)
	mine := idea.stems()
	if len(mine) < 2 {
		return nil, nil
	}
	shared := map[string]int{}
	for _, s := range mine {
		from, to := Under(s)
		for found, err := range r.Scan(Query{Kind: topics.Name, Index: "word", From: from, To: to, Reverse: true, Limit: perStem, KeysOnly: true}) {
			if err != nil {
				return nil, err
			}
			shared[found.Key]++
		}
	}
	type hit struct {
		topic *Topic
		alike float64
	}
	var hits []hit
	for _, key := range mostShared(shared, load) {
		t, err := topics.Get(r, key)
		if err != nil {
			return nil, err
		}
		if a := words.Alike(mine, t.stems()); a >= alike && t.State != TopicDeclined {
			hits = append(hits, hit{t, a})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.alike, a.alike) })
	var found []*Topic
	for _, h := range hits[:min(len(hits), shown)] {
		found = append(found, h.topic)
	}
	return found, nil
}

// mostShared returns the n keys that were counted most, at least twice, the newest first among equals.
func mostShared(shared map[string]int, n int) []string {
	var keys []string
	for key, count := range shared {
		if count > 1 {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(shared[b], shared[a]), cmp.Compare(b, a))
	})
	return keys[:min(n, len(keys))]
}

// searchTopics finds topics that have all the words, the newest first. The last word may be the beginning of one.
func searchTopics(r Reader, text string, limit int) ([]*Topic, error) {
	const postings = 2000 // read of each word: the newest
	stems := words.Stems(text, mostStems)
	var common map[string]int
	for i, s := range stems {
		from, to := Under(s)
		if i == len(stems)-1 && utf8.RuneCountInString(s) > 2 {
			from, to = s, s+"\U0010FFFF"
		}
		hits := map[string]int{}
		for found, err := range r.Scan(Query{Kind: topics.Name, Index: "word", From: from, To: to, Reverse: true, Limit: postings, KeysOnly: true}) {
			if err != nil {
				return nil, err
			}
			if i == 0 || common[found.Key] == i {
				hits[found.Key] = i + 1
			}
		}
		common = hits
	}
	keys := slices.Sorted(func(yield func(string) bool) {
		for key := range common {
			if !yield(key) {
				return
			}
		}
	})
	slices.Reverse(keys)
	var list []*Topic
	for _, key := range keys[:min(limit, len(keys))] {
		t, err := topics.Get(r, key)
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, nil
}
