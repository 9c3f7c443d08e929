package web_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"standleitung/adapters/adaptertest"
	"standleitung/bot"
)

// SayRichly implements [adaptertest.Platform]: people of the built-in chat type Markdown.
func (b *browser) SayRichly(who bot.Identity, at bot.Place, mentioned bot.Identity) adaptertest.Reaction {
	return b.Say(adaptertest.Speech{By: who, At: at, Text: "**Wichtig**: die *neue **Pumpe*** ersetzt ~~PX-6~~ und `PX<5> & *x*`, siehe [Preisliste](https://a.example/?a=1&b=2_c).\n" +
		"Fragt @" + mentioned.Name + " 🎉 :unsere_pumpe:\n\nNeuer Absatz\n> gesagt\n> in zwei Zeilen\n\n- eins\n- zwei\n  1. a\n  2. b\n- drei\n\n```go\nif x < 1 {\n  return *y\n}\n```"})
}

// shownTree is the tree of a text as the page gets it, in words of its own: see the script rich.js, which makes nodes of it.
type shownTree struct {
	K       string
	T, U    string
	N       int
	O       bool
	B, I, C []shownTree
	L       [][]shownTree
}

// formattedTree is how the page shows a formatted text.
func formattedTree(raw json.RawMessage) string {
	var d shownTree
	if len(raw) == 0 || json.Unmarshal(raw, &d) != nil {
		return ""
	}
	w := &pageLines{}
	w.blocks(d.B, "", "")
	return w.String()
}

type pageLines struct {
	adaptertest.Lines
	next, others string
}

func (w *pageLines) blocks(list []shownTree, first, others string) {
	for i, b := range list {
		if i > 0 {
			first = others
			if b.K == "p" && list[i-1].K == "p" {
				w.Line(others, "")
			}
		}
		switch b.K {
		case "quote":
			w.blocks(b.B, first+"> ", others+"> ")
		case "code":
			for l := range strings.SplitSeq(b.T, "\n") {
				w.Line(others+"| ", l)
			}
		case "list":
			for n, item := range b.L {
				sign := "• "
				if b.O {
					sign = fmt.Sprintf("%d. ", max(b.N, 1)+n)
				}
				if n > 0 {
					first = others
				}
				w.blocks(item, first+sign, others+"  ")
			}
		default:
			w.next, w.others = first, others
			w.inlines(b.I, "", "")
			w.End(w.next)
		}
	}
}

func (w *pageLines) inlines(list []shownTree, how, link string) {
	for _, in := range list {
		switch in.K {
		case "br":
			w.End(w.next)
			w.next = w.others
		case "t":
			w.Put(how+link, in.T)
		case "code":
			w.Put(how+"c"+link, in.T)
		case "@":
			w.Put("@", in.T)
		case "a":
			w.inlines(in.C, how, " "+in.U)
		default:
			w.inlines(in.C, how+in.K, link)
		}
	}
}
