package teamstest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Microsoft Graph shows what was said in the teams and chats whose owner consented, from "List messages in a chat",
// "chatMessage: delta", "List replies", "chatMessage resource type" and, of cards, "Working with Microsoft Teams messaging APIs". What
// bots say is shown like what people say.

const graphScope = "https://graph.microsoft.com/.default"

// GraphURL is the root of Microsoft Graph.
func (s *Server) GraphURL() string { return s.URL }

// graphFailure is a refusal in Microsoft Graph's own form.
func graphFailure(status int, code, text string) *failure {
	return &failure{status: status, body: object{"error": object{
		"code": code, "message": text, "innerError": object{"date": "2026-11-27T10:00:00", "request-id": guid(), "client-request-id": guid()},
	}}}
}

func badRequest(text string) *failure { return graphFailure(http.StatusBadRequest, "BadRequest", text) }

// graphCall is a call on Microsoft Graph.
type graphCall struct {
	name string // as for Calls
	at   string // the channel or chat
	path []string
	args url.Values
	link string // the address without its query
}

// serveGraph takes a call on Microsoft Graph.
func (s *Server) serveGraph(w http.ResponseWriter, r *http.Request, path []string) {
	c := &graphCall{path: path, args: r.URL.Query(), link: s.URL + r.URL.EscapedPath()}
	answer := s.namedGraph(c)
	s.mu.Lock()
	s.calls[c.name]++
	f := s.ordered(c.name, c.at)
	s.mu.Unlock()
	if f != nil && s.broken(w, r, *f) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	body, no := s.admitGraph(c, r, answer)
	if no != nil {
		no.write(w)
		return
	}
	writeJSON(w, http.StatusOK, body)
}

// namedGraph finds what answers a call and gives the call its name.
func (s *Server) namedGraph(c *graphCall) func(*graphCall) (object, *failure) {
	p := c.path
	switch {
	case len(p) == 6 && p[0] == "teams" && p[2] == "channels" && p[4] == "messages" && p[5] == "delta":
		c.name, c.at = "history", p[3]
		return s.delta
	case len(p) == 7 && p[0] == "teams" && p[2] == "channels" && p[4] == "messages" && p[6] == "replies":
		c.name, c.at = "replies", p[3]
		return s.repliesOf
	case len(p) == 3 && p[0] == "chats" && p[2] == "messages":
		c.name, c.at = "history", p[1]
		return s.chatMessages
	}
	c.name = "http"
	return func(c *graphCall) (object, *failure) {
		s.record("graph", "nothing is at "+strings.Join(c.path, "/"))
		return nil, graphFailure(http.StatusNotFound, "ResourceNotFound", "Resource not found.")
	}
}

// admitGraph checks what all calls have in common: the token, the consent, the query. The lock is held.
func (s *Server) admitGraph(c *graphCall, r *http.Request, answer func(*graphCall) (object, *failure)) (object, *failure) {
	if r.Method != http.MethodGet {
		s.record(c.name, r.Method+" is no way to read")
		return nil, graphFailure(http.StatusMethodNotAllowed, "Request_BadRequest", "Method not allowed.")
	}
	if why := s.trusted(r.Header.Get("Authorization"), graphScope); why != "" {
		s.record(c.name, why)
		return nil, graphFailure(http.StatusUnauthorized, "InvalidAuthenticationToken", "Access token validation failure. Invalid audience.")
	}
	if c.at == "" {
		return answer(c)
	}
	conv := s.conversation(c.at)
	switch {
	case conv == nil || conv.ID != c.at || (conv.Kind == Channel) != (c.path[0] == "teams"):
		s.record(c.name, "there is no "+c.at)
		return nil, graphFailure(http.StatusNotFound, "NotFound", "NotFound")
	case conv.Kind == Channel && !s.groupHas(c.path[1], conv):
		s.record(c.name, "the channel is not in the team "+c.path[1])
		return nil, graphFailure(http.StatusNotFound, "NotFound", "NotFound")
	case conv.Absent || !s.consented(conv):
		return nil, graphFailure(http.StatusForbidden, "Forbidden", "Missing role permissions on the request. API requires one of "+
			"'ChannelMessage.Read.All, Group.Read.All, Group.ReadWrite.All, ChannelMessage.Read.Group'. Roles on the request ''.")
	}
	if no := s.limitedGraph(c); no != nil {
		return nil, no
	}
	return answer(c)
}

// groupHas reports whether a channel is one of the team that a group is.
func (s *Server) groupHas(group string, conv *conversation) bool {
	t := s.team(conv.Team)
	return t != nil && t.GroupID == group
}

// query reads the options of a call: only those that are documented for it, and none but the token on a further page.
func (s *Server) query(c *graphCall, allowed ...string) (from, top int, no *failure) {
	if token := c.args.Get("$skiptoken"); token != "" {
		if len(c.args) > 1 {
			s.record(c.name, "options beside $skiptoken")
			return 0, 0, badRequest("Options cannot be combined with $skiptoken.")
		}
		raw, err := base64.URLEncoding.DecodeString(token)
		if c.args = (url.Values{}); err == nil {
			err = json.Unmarshal(raw, &c.args)
		}
		if err != nil {
			s.record(c.name, "a $skiptoken that was never given out")
			return 0, 0, badRequest("The $skiptoken is invalid.")
		}
	}
	for name := range c.args {
		if !slices.Contains(allowed, name) && name != "from" {
			s.record(c.name, "the option "+name+" is not supported")
			return 0, 0, badRequest("Query option '" + name + "' is not allowed.")
		}
	}
	top = 20
	if given := c.args.Get("$top"); given != "" {
		n, err := strconv.Atoi(given)
		if err != nil || n < 1 || n > 50 {
			s.record(c.name, "$top is "+given+", at most 50 are given")
			return 0, 0, badRequest("Invalid value for $top: the limit is 50.")
		}
		top = n
	}
	from, _ = strconv.Atoi(c.args.Get("from"))
	return from, min(top, s.config.MaxPage), nil
}

// page cuts a list and says where it goes on.
func (c *graphCall) page(list []any, from, top int) object {
	from = min(from, len(list))
	until := min(from+top, len(list))
	o := object{"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#Collection(chatMessage)", "@odata.count": until - from, "value": list[from:until]}
	if until < len(list) {
		args := url.Values{"from": {fmt.Sprint(until)}}
		for _, name := range []string{"$top", "$filter", "$orderby", "$expand"} {
			if c.args.Has(name) {
				args.Set(name, c.args.Get(name))
			}
		}
		raw, _ := json.Marshal(args)
		o["@odata.nextLink"] = c.link + "?$skiptoken=" + url.QueryEscape(base64.URLEncoding.EncodeToString(raw))
	}
	return o
}

// modifiedAfter reads the only filter that there is; the zero time for none.
func (s *Server) modifiedAfter(c *graphCall) (time.Time, *failure) {
	filter := c.args.Get("$filter")
	if filter == "" {
		return time.Time{}, nil
	}
	stamp, ok := strings.CutPrefix(filter, "lastModifiedDateTime gt ")
	at, err := time.Parse(time.RFC3339, stamp)
	if !ok || err != nil {
		s.record(c.name, "the filter "+filter+" is not supported")
		return time.Time{}, badRequest("Invalid filter clause.")
	}
	return at, nil
}

// delta shows the threads of a channel in which something changed, newest first, with all their answers where they are asked for.
func (s *Server) delta(c *graphCall) (object, *failure) {
	from, top, no := s.query(c, "$top", "$filter", "$expand", "$skip")
	if no != nil {
		return nil, no
	}
	after, no := s.modifiedAfter(c)
	if no != nil {
		return nil, no
	}
	if expand := c.args.Get("$expand"); expand != "" && expand != "replies" {
		s.record(c.name, "$expand knows replies only")
		return nil, badRequest("Invalid $expand.")
	}
	conv := s.conversation(c.at)
	list := []any{s.systemEvent(conv)}
	for _, m := range slices.Backward(conv.messages) {
		if m.root != m.id || !s.inGraph(m) {
			continue
		}
		replies := s.answers(conv, m)
		newest := m.modified()
		for _, r := range replies {
			if r.modified().After(newest) {
				newest = r.modified()
			}
		}
		if !newest.After(after) {
			continue
		}
		o := s.graphMessage(conv, m)
		if c.args.Get("$expand") == "replies" {
			s.expand(c, conv, m, o, replies)
		}
		list = append(list, o)
	}
	page := c.page(list, from, top)
	if page["@odata.nextLink"] == nil {
		page["@odata.deltaLink"] = c.link + "?$deltatoken=" + random()
	}
	return page, nil
}

// expand adds the newest answers to a thread, and where the others are.
func (s *Server) expand(c *graphCall, conv *conversation, m *message, o object, replies []*message) {
	slices.Reverse(replies)
	list := []any{}
	for _, r := range replies[:min(len(replies), s.config.MaxReplies)] {
		list = append(list, s.graphMessage(conv, r))
	}
	o["replies@odata.count"], o["replies"] = len(list), list
	if rest := len(replies) - len(list); rest > 0 {
		raw, _ := json.Marshal(url.Values{"from": {fmt.Sprint(len(list))}})
		o["replies@odata.nextLink"] = strings.TrimSuffix(c.link, "/delta") + "/" + m.id + "/replies?$skiptoken=" +
			url.QueryEscape(base64.URLEncoding.EncodeToString(raw))
	}
}

// repliesOf shows the answers in a thread, newest first.
func (s *Server) repliesOf(c *graphCall) (object, *failure) {
	from, top, no := s.query(c, "$top")
	if no != nil {
		return nil, no
	}
	conv := s.conversation(c.at)
	root := conv.find(c.path[5])
	if root == nil || root.root != root.id {
		return nil, graphFailure(http.StatusNotFound, "NotFound", "NotFound")
	}
	list := []any{}
	for _, r := range slices.Backward(s.answers(conv, root)) {
		list = append(list, s.graphMessage(conv, r))
	}
	return c.page(list, from, top), nil
}

// chatMessages shows the messages of a chat, those that changed last first. A filter without the order of the same property is
// passed over by Microsoft, and a breach here.
func (s *Server) chatMessages(c *graphCall) (object, *failure) {
	from, top, no := s.query(c, "$top", "$filter", "$orderby")
	if no != nil {
		return nil, no
	}
	order := c.args.Get("$orderby")
	if order != "" && order != "lastModifiedDateTime desc" && order != "createdDateTime desc" {
		s.record(c.name, "$orderby cannot be "+order)
		return nil, badRequest("Invalid $orderby.")
	}
	after, no := s.modifiedAfter(c)
	if no != nil {
		return nil, no
	}
	if c.args.Has("$filter") && order != "lastModifiedDateTime desc" {
		s.record(c.name, "a $filter without the $orderby of the same property is ignored")
		after = time.Time{}
	}
	conv := s.conversation(c.at)
	all := slices.Clone(conv.messages)
	slices.SortStableFunc(all, func(x, y *message) int { return y.modified().Compare(x.modified()) })
	list := []any{s.systemEvent(conv)}
	for _, m := range all {
		if s.inGraph(m) && m.modified().After(after) {
			list = append(list, s.graphMessage(conv, m))
		}
	}
	return c.page(list, from, top), nil
}

// inGraph reports whether Microsoft Graph shows a message by now.
func (s *Server) inGraph(m *message) bool { return !s.now().Before(m.created.Add(s.config.GraphLag)) }

// SetGraphLag sets how long it takes until Microsoft Graph shows a message.
func (s *Server) SetGraphLag(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config.GraphLag = d
}

// answers are the messages in the thread of a post, oldest first.
func (s *Server) answers(c *conversation, root *message) []*message {
	var all []*message
	for _, m := range c.messages {
		if m.root == root.id && m != root && s.inGraph(m) {
			all = append(all, m)
		}
	}
	return all
}

// modified is when a message last changed, by a reaction, too.
func (m *message) modified() time.Time {
	newest := m.created
	for _, t := range []time.Time{m.editedAt, m.deletedAt, m.touchedAt} {
		if t.After(newest) {
			newest = t
		}
	}
	return newest
}

// graphStamp is a time as Microsoft Graph has it; nil for none.
func graphStamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// graphMessage is a chatMessage.
func (s *Server) graphMessage(conv *conversation, m *message) object {
	o := object{
		"id": m.id, "replyToId": nil, "etag": m.id, "messageType": "message", "createdDateTime": graphStamp(m.created),
		"lastModifiedDateTime": graphStamp(m.modified()), "lastEditedDateTime": graphStamp(m.editedAt), "deletedDateTime": graphStamp(m.deletedAt),
		"subject": nil, "summary": nil, "importance": "normal", "locale": "en-us", "policyViolation": nil, "eventDetail": nil,
		"webUrl": nil, "chatId": nil, "channelIdentity": nil, "attachments": []any{}, "mentions": []any{}, "reactions": []any{},
	}
	if conv.Kind == Channel {
		group := s.team(conv.Team).GroupID
		o["channelIdentity"] = object{"teamId": group, "channelId": conv.ID}
		o["webUrl"] = "https://teams.microsoft.com/l/message/" + url.PathEscape(conv.ID) + "/" + m.id + "?groupId=" + group
		if m.root != m.id {
			o["replyToId"] = m.root
		}
	} else {
		o["chatId"] = conv.ID
	}
	o["from"] = s.graphAuthor(m)
	o["body"] = object{"contentType": "html", "content": ""}
	if m.deleted {
		return o
	}
	content, list := s.graphBody(m)
	o["body"], o["attachments"] = content, list
	var mentions []any
	for i, who := range m.mentions() {
		mentions = append(mentions, object{"id": i, "mentionText": who.name, "mentioned": s.graphMentioned(who)})
	}
	if mentions != nil {
		o["mentions"] = mentions
	}
	return o
}

// mentions are those whom a message mentions, in the order in which the text counts them.
func (m *message) mentions() []mentioned {
	if !m.ours() {
		return m.raw
	}
	var all []mentioned
	list, _ := m.post["entities"].([]any)
	for _, e := range list {
		if word(e, "type") == "mention" {
			all = append(all, mentioned{word(e, "mentioned", "id"), word(e, "mentioned", "name")})
		}
	}
	return all
}

// graphAuthor is who wrote a message: people by their id in Microsoft Entra, apps by that of their registration.
func (s *Server) graphAuthor(m *message) object {
	from := object{"application": nil, "device": nil, "user": nil}
	u := s.user(m.by)
	switch {
	case m.ours():
		from["application"] = object{"id": s.config.AppID, "displayName": BotName, "applicationIdentityType": "bot"}
	case u == nil:
		from["application"] = object{"id": strings.TrimPrefix(m.by, "28:"), "displayName": "Another app", "applicationIdentityType": "bot"}
	default:
		from["user"] = object{
			"@odata.type": "#microsoft.graph.teamworkUserIdentity", "id": u.ObjectID, "displayName": u.Name, "userIdentityType": "aadUser", "tenantId": u.Tenant,
		}
	}
	return from
}

func (s *Server) graphMentioned(who mentioned) object {
	o := object{"application": nil, "device": nil, "conversation": nil, "user": nil}
	if u := s.user(who.id); u != nil {
		o["user"] = object{"id": u.ObjectID, "displayName": u.Name, "userIdentityType": "aadUser"}
	} else {
		o["application"] = object{"id": strings.TrimPrefix(who.id, "28:"), "displayName": who.name, "applicationIdentityType": "bot"}
	}
	return o
}

// graphBody is what a message says, with its attachments.
func (s *Server) graphBody(m *message) (object, []any) {
	if m.ours() {
		return graphPost(m)
	}
	list := []any{}
	content := m.html
	for _, f := range m.files {
		if m.inline {
			content += `<img src="https://graph.microsoft.com/v1.0/chats/x/messages/` + m.id + `/hostedContents/` + f.id + `/$value" alt="image">`
			continue
		}
		list = append(list, object{
			"id": f.id, "contentType": "reference", "contentUrl": "https://nordpumpe.sharepoint.example/sites/team/" + url.PathEscape(f.name), "name": f.name,
			"content": nil,
		})
	}
	if content == "" && m.text != "" {
		return object{"contentType": "text", "content": m.text}, list
	}
	return object{"contentType": "html", "content": content}, list
}

// graphPost is what a message of the bot says: its text as HTML, in which mentions are counted as in those of people, and its cards, each
// as JSON in a text. Of what else the bot sent nothing is shown.
func graphPost(m *message) (object, []any) {
	text, _ := m.post["text"].(string)
	list := []any{}
	switch m.post["textFormat"] {
	case "xml":
		for i, e := range m.mentions() {
			text = strings.Replace(text, "<at>"+html.EscapeString(e.name)+"</at>", fmt.Sprintf(`<at id="%d">%s</at>`, i, html.EscapeString(e.name)), 1)
		}
		text = "<div>" + text + "</div>"
	default:
		text = strings.ReplaceAll(html.EscapeString(text), "\n", "<br>")
	}
	attachments, _ := m.post["attachments"].([]any)
	for _, raw := range attachments {
		id := strings.ReplaceAll(guid(), "-", "")
		content, _ := json.Marshal(at(raw, "content")) // it came as JSON
		text += `<attachment id="` + id + `"></attachment>`
		list = append(list, object{
			"id": id, "contentType": word(raw, "contentType"), "contentUrl": nil, "content": string(content), "name": nil, "thumbnailUrl": nil, "teamsAppId": nil,
		})
	}
	return object{"contentType": "html", "content": text}, list
}

// systemEvent is what Microsoft Graph lists among the messages though nobody said it: here each list has one that is new.
func (s *Server) systemEvent(conv *conversation) object {
	now := s.now()
	return object{
		"id": fmt.Sprint(now.UnixMilli()), "replyToId": nil, "messageType": "unknownFutureValue", "createdDateTime": graphStamp(now),
		"lastModifiedDateTime": graphStamp(now), "lastEditedDateTime": nil, "deletedDateTime": nil, "from": nil,
		"body": object{"contentType": "html", "content": "<systemEventMessage/>"}, "attachments": []any{}, "mentions": []any{}, "reactions": []any{},
		"eventDetail": object{"@odata.type": "#microsoft.graph.teamDescriptionUpdatedEventMessageDetail", "teamDescription": conv.Name},
	}
}

// consented reports whether the owner of a conversation has consented that the app reads it without being mentioned.
func (s *Server) consented(conv *conversation) bool {
	return !s.config.MentionsOnly && !conv.Unconsented
}

// SetConsented sets whether the owner of a conversation has consented that the app reads it without being mentioned.
func (s *Server) SetConsented(conversation string, given bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.conversation(conversation); c != nil {
		c.Unconsented = !given
	}
}

// OtherApp has another app post in a conversation. Bots are told nothing of each other.
func (s *Server) OtherApp(conversation, text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.conversation(conversation)
	if c == nil {
		return ""
	}
	m := &message{id: s.messageID(), by: "28:" + guid(), text: text, html: "<p>" + text + "</p>", created: s.now(), views: map[string]object{}}
	if c.Kind == Channel {
		m.root = m.id
	}
	c.messages = append(c.messages, m)
	return m.id
}

// Pages is how much a page of a history holds.
type Pages struct {
	Page    int // messages or threads
	Replies int // answers that a thread comes with
}

// Limit sets how much a page of a history holds.
func (s *Server) Limit(p Pages) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config.MaxPage, s.config.MaxReplies = p.Page, p.Replies
}
