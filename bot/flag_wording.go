package bot

import (
	"cmp"
	"slices"
	"time"

	"standleitung/bot/say"
)

// Wording is one version of how the company says something, in one language. Versions are kept with who wrote them.
type Wording struct {
	Language say.Language `json:"language"`
	Text     string       `json:"text"` // empty when it was taken back
	By       string       `json:"by"`
	At       time.Time    `json:"at"`
}

// newest is the last version in a language, "" for none.
func newest(list []Wording, l say.Language) string {
	for _, w := range slices.Backward(list) {
		if w.Language == l {
			return w.Text
		}
	}
	return ""
}

// spoken is the last version in a reader's language, else in the other; "" for none.
func spoken(list []Wording, v say.Voice) string {
	if v.Language == say.English {
		return cmp.Or(newest(list, say.English), newest(list, say.German))
	}
	return cmp.Or(newest(list, say.German), newest(list, say.English))
}

// reword adds a version, unless it is the same as the last.
func (r *Request) reword(list *[]Wording, l say.Language, text string) {
	if newest(*list, l) != text {
		*list = append(*list, Wording{Language: l, Text: text, By: r.Person.ID, At: r.Now})
	}
}

// wordings tells the writer, privately, how the company says it; lead says what became of the text.
func (r *Request) wordings(hits []Hit, lead say.Text) []Reply {
	g := r.bot.guards.newest.Load()
	var replies []Reply
	for _, h := range hits {
		f := g.flags[h.Flag]
		if f == nil || f.Level != Green || spoken(f.Wordings, r.Voice) == "" {
			continue
		}
		replies = append(replies, Reply{To: Asker, Card: func(v say.Voice) Card {
			return Card{Title: lead.In(v), Quote: spoken(f.Wordings, v), Preview: say.T("Ein Hinweis zur Formulierung", "A hint about the wording").In(v)}
		}})
	}
	return replies
}
