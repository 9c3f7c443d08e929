package teams_test

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"standleitung/adapters/adaptertest"
	"standleitung/adapters/teams/teamstest"
	"standleitung/bot"
)

// SayRichly implements [adaptertest.Platform], as Teams' composer does.
func (h *tenant) SayRichly(who bot.Identity, at bot.Place, mentioned bot.Identity) adaptertest.Reaction {
	h.t.Helper()
	a := h.Server.Say(teamstest.Speech{
		By: who.ID, At: h.conversation(at), HTML: strings.ReplaceAll(richSpeech, "NAME", mentioned.Name), Mentions: []string{mentioned.ID},
	})
	if a.Refused != "" {
		h.t.Fatalf("teams does not let somebody speak: %s", a.Refused)
	}
	return h.reaction(a, who.ID)
}

// richSpeech follows what Teams' composer makes, as it stands in the samples of learn.microsoft.com/graph/api/chatmessage-get and
// in what bots get: a <p> for each line, emoji with their name, the company's own ones, code with its language.
const richSpeech = `<p><strong>Wichtig</strong>: die <em>neue&nbsp;</em><em><strong>Pumpe</strong></em> ersetzt <s>PX-6</s> und <code>PX&lt;5&gt; &amp; *x*</code>, siehe <a href="https://a.example/?a=1&amp;b=2_c" rel="noreferrer noopener" title="https://a.example/?a=1&amp;b=2_c" target="_blank">Preisliste</a>.</p>
<p>Fragt <at id="0">NAME</at>&nbsp;<emoji id="1f389_partypopper" alt="🎉" title="Konfetti"></emoji> <customemoji id="dGVzdA" alt="unsere_pumpe" source="https://graph.microsoft.com/v1.0/x/$value"></customemoji></p>
<p>&nbsp;</p>
<p>Neuer Absatz</p>
<blockquote>
<p>gesagt</p>
<p>in zwei Zeilen</p>
</blockquote>
<ul>
<li>eins</li><li>zwei
<ol>
<li>a</li><li>b</li></ol>
</li><li>drei</li></ul>
<codeblock class="Go"><code>if x &lt; 1 {<br>&nbsp; return *y<br>}</code></codeblock>
<p>&nbsp;</p>`

// formattedHTML is how Teams shows the HTML of a copy, without the line that says who wrote it. It knows nothing of the program's
// own reader: it walks what a browser makes of the HTML.
func formattedHTML(source string) string {
	if source == "" {
		return ""
	}
	nodes, err := html.ParseFragment(strings.NewReader(source), &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div})
	if err != nil {
		return err.Error()
	}
	w := &htmlLines{}
	for _, n := range nodes {
		w.node(n, "", "", "")
	}
	_, rest, _ := strings.Cut(w.String(), "\n")
	return strings.ReplaceAll(rest, "\u2060", "")
}

type htmlLines struct{ adaptertest.Lines }

var marks = map[string]string{"strong": "b", "em": "i", "strike": "s", "code": "c"}

// node shows a node: first stands before its first line, others before those behind it.
func (w *htmlLines) node(n *html.Node, first, others, how string) {
	if n.Type == html.TextNode {
		letters, link, linked := strings.Cut(how, " ")
		if linked {
			letters += " " + link
		}
		w.Put(letters, strings.ReplaceAll(n.Data, "\u00a0", " "))
		return
	}
	switch n.Data {
	case "p":
		w.End(first)
		w.children(n, first, others, how)
		w.End(others)
	case "br":
		w.Put("", "")
		w.End(first)
	case "blockquote":
		w.End(first)
		w.children(n, others+"> ", others+"> ", how)
	case "pre":
		w.End(first)
		for l := range strings.SplitSeq(n.FirstChild.Data, "\n") {
			w.Line(others+"| ", l)
		}
	case "ul", "ol":
		w.End(first)
		w.list(n, others)
	case "at":
		w.children(n, first, others, "@")
	case "a":
		at := slices.IndexFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "href" })
		w.children(n, first, others, how+" "+n.Attr[at].Val)
	default:
		mark, link := how, ""
		if before, to, linked := strings.Cut(how, " "); linked {
			mark, link = before, " "+to
		}
		w.children(n, first, others, mark+marks[n.Data]+link)
	}
}

func (w *htmlLines) children(n *html.Node, first, others, how string) {
	for c := range n.ChildNodes() {
		w.node(c, first, others, how)
	}
}

func (w *htmlLines) list(n *html.Node, before string) {
	number := 0
	for li := range n.ChildNodes() {
		number++
		sign := "• "
		if n.Data == "ol" {
			sign = strconv.Itoa(number) + ". "
		}
		first := before + sign
		for c := range li.ChildNodes() {
			block := c.Type == html.ElementNode && slices.Contains([]string{"p", "ul", "ol", "pre", "blockquote"}, c.Data)
			if block {
				w.End(first)
				first = before + "  "
			}
			w.node(c, first, before+"  ", "")
		}
		w.End(first)
	}
}
