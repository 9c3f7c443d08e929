package teamstest

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"time"
)

// stamp is a time as activities have it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000Z07:00") }

// base is what all activities have that somebody causes in a conversation. Root is the post of the thread; empty for none. The
// lock is held.
func (s *Server) base(kind string, conv *conversation, root string, by *User) object {
	zone := time.FixedZone("", 3600)
	a := object{
		"type": kind, "id": "f:" + guid(), "timestamp": stamp(s.now()), "localTimestamp": s.now().In(zone).Format("2006-01-02T15:04:05.0000000Z07:00"),
		"localTimezone": "Europe/Berlin", "channelId": "msteams", "serviceUrl": s.service(), "conversation": conversationObject(conv, root),
		"recipient": object{"id": s.BotID(), "name": BotName}, "channelData": s.channelData(conv),
	}
	if by != nil {
		a["from"] = object{"id": by.ID, "name": by.Name, "aadObjectId": by.ObjectID}
		a["locale"] = by.Locale
		a["entities"] = []any{object{"type": "clientInfo", "locale": by.Locale, "country": "DE", "platform": "Web", "timezone": "Europe/Berlin"}}
	}
	return a
}

func conversationObject(conv *conversation, root string) object {
	o := object{"id": conv.ID, "conversationType": string(conv.Kind), "tenantId": conv.Tenant}
	if conv.Kind != Personal {
		o["isGroup"] = true
	}
	if root != "" {
		o["id"] = Thread(conv.ID, root)
	}
	return o
}

func (s *Server) channelData(conv *conversation) object {
	o := object{"tenant": object{"id": conv.Tenant}}
	if conv.Kind == Channel {
		o["team"], o["channel"] = object{"id": conv.Team}, object{"id": conv.ID}
		o["teamsTeamId"], o["teamsChannelId"] = conv.Team, conv.ID
	}
	return o
}

// messageActivity is what somebody wrote, as the bot gets it.
func (s *Server) messageActivity(kind string, conv *conversation, m *message) object {
	a := s.base(kind, conv, m.root, s.user(m.by))
	a["id"], a["text"], a["textFormat"] = m.id, m.text, "plain"
	entities, _ := a["entities"].([]any)
	for _, who := range m.raw {
		entities = append(entities, object{
			"type": "mention", "text": "<at>" + who.name + "</at>", "mentioned": object{"id": who.id, "name": who.name},
		})
	}
	a["entities"] = entities
	if list := s.attachments(conv, m); len(list) > 0 {
		a["attachments"] = list
	}
	return a
}

// attachments are what goes along with a message. Files come with an address in direct conversations only; elsewhere the HTML
// names them.
func (s *Server) attachments(conv *conversation, m *message) []any {
	var list []any
	for _, f := range m.files {
		switch {
		case m.inline:
			list = append(list, object{"contentType": "image/*", "contentUrl": s.service() + "v3/attachments/" + f.id + "/views/original", "name": f.name})
		case conv.Kind == Personal:
			list = append(list, object{
				"contentType": "application/vnd.microsoft.teams.file.download.info", "name": f.name,
				"contentUrl": "https://nordpumpe-my.sharepoint.example/personal/" + f.id + "/" + f.name,
				"content": object{
					"downloadUrl": s.URL + "/download/" + f.id + "/" + f.id, "uniqueId": f.id, "fileType": extension(f.name), "etag": "\"{" + f.id + "},1\"",
				},
			})
		}
	}
	if m.html != "" {
		list = append(list, object{"contentType": "text/html", "content": m.html})
	}
	return list
}

func extension(name string) string {
	i := strings.LastIndexByte(name, '.')
	return name[i+1:]
}

var (
	address = regexp.MustCompile(`https?://[^\s<>"()\[\]]+`)
	tagLike = regexp.MustCompile(`</?[A-Za-z!][^<>]*>`)
)

// typed is what typing becomes: text, in which everything that looks like a tag is lost, and HTML, in which it is not. Old is
// the HTML of the Teams before 2023.
func typed(text string, who []mentioned, old bool) (plain, markup string) {
	plain = tagLike.ReplaceAllString(text, "")
	var before, names strings.Builder
	for i, m := range who {
		fmt.Fprintf(&names, "<at>%s</at> ", m.name)
		if old {
			fmt.Fprintf(&before, `<span itemscope="" itemtype="http://schema.skype.com/Mention" itemid="%d">%s</span>&nbsp;`, i, html.EscapeString(m.name))
			continue
		}
		fmt.Fprintf(&before, `<at id="%d">%s</at>&nbsp;`, i, html.EscapeString(m.name))
	}
	var lines []string
	for i, line := range strings.Split(text, "\n") {
		line = linked(line)
		if i == 0 {
			line = before.String() + line
		}
		if line == "" {
			line = "&nbsp;"
		}
		lines = append(lines, line)
	}
	if len(who) > 0 {
		plain = names.String() + plain + "\n"
	}
	if old {
		return plain, "<div><div>" + strings.Join(lines, "<br>\n") + "</div>\n</div>"
	}
	return plain, "<p>" + strings.Join(lines, "</p>\n<p>") + "</p>"
}

// linked is a line in HTML, with its addresses as links.
func linked(line string) string {
	var b strings.Builder
	rest := line
	for {
		at := address.FindStringIndex(rest)
		if at == nil {
			return b.String() + spaced(rest)
		}
		link := html.EscapeString(rest[at[0]:at[1]])
		b.WriteString(spaced(rest[:at[0]]))
		fmt.Fprintf(&b, `<a href="%s" rel="noreferrer noopener" title="%s" target="_blank">%s</a>`, link, link, link)
		rest = rest[at[1]:]
	}
}

// spaced escapes text and keeps runs of spaces.
func spaced(text string) string { return strings.ReplaceAll(html.EscapeString(text), "  ", " &nbsp;") }

// stripped is the text of HTML as Teams makes it for bots: mentions in <at>, pictures by their alt text, no other markup.
func stripped(markup string) string {
	var b strings.Builder
	for _, t := range tokens(markup) {
		switch {
		case !t.tag:
			b.WriteString(t.text)
		case t.name == "at" && !t.end:
			b.WriteString("<at>")
		case t.name == "at":
			b.WriteString("</at>")
		case t.name == "br", t.end && (t.name == "p" || t.name == "div" || t.name == "li" || t.name == "blockquote"):
			b.WriteByte('\n')
		case t.name == "img", t.name == "emoji":
			b.WriteString(t.attributes["alt"])
		}
	}
	return strings.TrimRight(b.String(), "\n")
}
