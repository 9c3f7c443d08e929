package teams

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/infracloudio/msbotbuilder-go/schema"

	"standleitung/bot"
)

// chatMessage is a message as Microsoft Graph knows it: learn.microsoft.com/graph/api/resources/chatmessage. Its id is that of
// the activity with which Teams told of it.
type chatMessage struct {
	ID       string  `json:"id"`
	Root     string  `json:"replyToId"`
	Type     string  `json:"messageType"` // everything but "message" is no talk
	Created  string  `json:"createdDateTime"`
	Modified string  `json:"lastModifiedDateTime"` // by a reaction, too
	Edited   string  `json:"lastEditedDateTime"`
	Deleted  string  `json:"deletedDateTime"`
	Link     string  `json:"webUrl"`
	From     *origin `json:"from"`
	Body     struct {
		Type    string `json:"contentType"` // text or html
		Content string `json:"content"`
	} `json:"body"`
	Attachments []graphAttachment `json:"attachments"`
	Mentions    []graphMention    `json:"mentions"`
	Replies     []json.RawMessage `json:"replies"`
	MoreReplies string            `json:"replies@odata.nextLink"`
}

// origin is who wrote a message, or who is mentioned: one of these is set.
type origin struct {
	User         *graphIdentity `json:"user"`
	Application  *graphIdentity `json:"application"`
	Conversation *graphIdentity `json:"conversation"`
}

// graphIdentity is somebody, or something, by the id in Microsoft Entra.
type graphIdentity struct {
	ID     string `json:"id"`
	Name   string `json:"displayName"`
	Tenant string `json:"tenantId"`
}

type graphAttachment struct {
	ID          string `json:"id"`
	ContentType string `json:"contentType"`
	ContentURL  string `json:"contentUrl"`
	Name        string `json:"name"`
	// Content is the JSON of a card, in a text.
	Content json.RawMessage `json:"content"`
}

type graphMention struct {
	ID        int    `json:"id"` // as <at id="0"> names it
	Text      string `json:"mentionText"`
	Mentioned origin `json:"mentioned"`
}

// happening is what was done to a message.
type happening string

const (
	written happening = "written"
	changed happening = "changed"
	removed happening = "removed"
	// touched is a change that a history does not name: a reaction, or that a deletion was taken back.
	touched happening = "touched"
)

// past is something that a history shows.
type past struct {
	at   time.Time
	what happening
	*chatMessage
}

// stampForm is how Microsoft Graph is told an instant.
const stampForm = "2006-01-02T15:04:05.000Z"

// history reads what happened in a room after an instant, in order. group is that of a channel's team, empty for a chat.
func (a *Adapter) history(ctx context.Context, room, group string, since time.Time) ([]past, error) {
	var found []past
	see := func(m *chatMessage) { found = appendPast(found, m, since) }
	var err error
	if isChannel(room) {
		err = a.threads(ctx, room, group, since, see)
	} else {
		err = a.chat(ctx, room, since, see)
	}
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(found, func(x, y past) int { return cmp.Or(x.at.Compare(y.at), cmp.Compare(x.ID, y.ID)) })
	return found, nil
}

// threads shows the messages of the threads of a channel in which something changed after an instant: those that did not
// change, too.
func (a *Adapter) threads(ctx context.Context, channel, group string, since time.Time, see func(*chatMessage)) error {
	first, err := a.graph.at(url.Values{
		"$top": {graphPage}, "$expand": {"replies"}, "$filter": {"lastModifiedDateTime gt " + since.UTC().Format(stampForm)},
	}, "teams", group, "channels", channel, "messages", "delta")
	if err != nil {
		return err
	}
	return a.graph.pages(ctx, first, func(raw json.RawMessage) error {
		root, ok := a.readMessage(raw)
		if !ok {
			return nil
		}
		see(root)
		reply := func(raw json.RawMessage) error {
			if m, ok := a.readMessage(raw); ok {
				m.Root = cmp.Or(m.Root, root.ID)
				see(m)
			}
			return nil
		}
		for _, raw := range root.Replies {
			_ = reply(raw) // it never fails
		}
		if root.MoreReplies == "" {
			return nil
		}
		return a.graph.pages(ctx, root.MoreReplies, reply)
	})
}

// chat shows the messages of a chat that changed after an instant.
func (a *Adapter) chat(ctx context.Context, room string, since time.Time, see func(*chatMessage)) error {
	first, err := a.graph.at(url.Values{
		"$top": {graphPage}, "$orderby": {"lastModifiedDateTime desc"},
		"$filter": {"lastModifiedDateTime gt " + since.UTC().Format(stampForm)},
	}, "chats", room, "messages")
	if err != nil {
		return err
	}
	return a.graph.pages(ctx, first, func(raw json.RawMessage) error {
		if m, ok := a.readMessage(raw); ok {
			see(m)
		}
		return nil
	})
}

// readMessage reads one entry of a history; false for what is no message. One of an odd form must not keep the others away.
func (a *Adapter) readMessage(raw json.RawMessage) (*chatMessage, bool) {
	var m chatMessage
	if err := json.Unmarshal(raw, &m); err != nil || !digits(m.ID) || m.Root != "" && !digits(m.Root) {
		a.ignored("bad_history")
		return nil, false
	}
	return &m, true
}

// appendPast adds what happened to a message after an instant. Of one that is gone nothing but that is left.
func appendPast(list []past, m *chatMessage, since time.Time) []past {
	created, edited, deleted := timeOf(m.Created), timeOf(m.Edited), timeOf(m.Deleted)
	if !deleted.IsZero() {
		if deleted.After(since) {
			list = append(list, past{deleted, removed, m})
		}
		return list
	}
	if created.After(since) {
		list = append(list, past{created, written, m})
	}
	if edited.After(since) {
		list = append(list, past{edited, changed, m})
	}
	if at := timeOf(m.Modified); at.After(since) && at.After(created) && at.After(edited) {
		list = append(list, past{at, touched, m})
	}
	return list
}

// stranger tells why what somebody wrote is nobody's business here; empty for a person of the company.
func (a *Adapter) stranger(m *chatMessage) string {
	switch {
	case m.Type != "message":
		return "system_message"
	case m.From == nil && m.Deleted != "":
		return "" // of what is gone nobody is named any more
	case m.From == nil || m.From.User == nil || m.From.User.ID == "" || m.From.Application != nil:
		return "other_app"
	case m.From.User.Tenant != "" && !strings.EqualFold(m.From.User.Tenant, a.config.TenantID):
		return "foreign_tenant"
	}
	return ""
}

// reenact makes of something past the activity with which Teams would have told of it.
func (a *Adapter) reenact(ctx context.Context, room string, p past) (*incoming, error) {
	act := &incoming{began: a.now()}
	act.Type, act.ID, act.ServiceURL, act.Recipient.ID = "message", p.ID, a.refs.serviceOf(room), a.refs.self(a.config.AppID)
	act.Conversation = schema.ConversationAccount{ID: room, IsGroup: true, ConversationType: "groupChat"}
	if isChannel(room) {
		act.Conversation.ID, act.Conversation.ConversationType = inThread(room, cmp.Or(p.Root, p.ID)), "channel"
	}
	act.more.Timestamp = p.at.Format(time.RFC3339Nano)
	switch p.what {
	case changed:
		act.more.ChannelData.EventType = "editMessage"
	case touched:
		act.more.ChannelData.EventType = undeleted // what was not deleted is passed over
	}
	if p.From != nil && p.From.User != nil {
		who, err := a.acquaint(ctx, room, p.From.User)
		if err != nil {
			return nil, err
		}
		act.From = schema.ChannelAccount{ID: who, Name: p.From.User.Name, AadObjectID: p.From.User.ID}
	}
	act.From.ID = cmp.Or(act.From.ID, nobodyID)
	if p.what == removed {
		return act, nil
	}
	if p.Body.Type == "html" {
		act.more.Attachments = append(act.more.Attachments, inAttachment{ContentType: "text/html", Content: quoted(p.Body.Content)})
	} else {
		act.Text = p.Body.Content
	}
	act.more.Attachments = append(act.more.Attachments, p.files()...)
	return act, a.remention(ctx, room, act, p.Mentions)
}

// nobodyID stands for the writer of a message that is gone and names none.
const nobodyID = "nobody"

// quoted is a text in JSON.
func quoted(text string) json.RawMessage {
	raw, _ := json.Marshal(text) // a text can always be written
	return raw
}

// hosted finds the pictures in a text that are kept by Microsoft Graph, where nobody can look at them in a browser.
var hosted = regexp.MustCompile(`(?i)<img\s[^<>]*/hostedContents/[^<>]*>`)

// files are those of a message. For the pictures in it there is a link to the message itself.
func (m *chatMessage) files() []inAttachment {
	var list []inAttachment
	for _, att := range m.Attachments {
		if !strings.EqualFold(att.ContentType, "reference") {
			continue // a card, or a message that is quoted
		}
		content, _ := json.Marshal(fileInfo{UniqueID: att.ID}) // it can always be written
		list = append(list, inAttachment{ContentType: "reference", ContentURL: att.ContentURL, Name: att.Name, Content: content})
	}
	for range hosted.FindAllString(m.Body.Content, -1) {
		list = append(list, inAttachment{ContentType: "image/*", ContentURL: m.Link})
	}
	return list
}

// remention gives an activity the mentions of a message, in the order in which the text counts them.
func (a *Adapter) remention(ctx context.Context, room string, act *incoming, list []graphMention) error {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(x, y graphMention) int { return cmp.Compare(x.ID, y.ID) })
	for _, m := range list {
		e := inEntity{Type: "mention", Text: "<at>" + m.Text + "</at>", Mentioned: mentioned{Name: m.Text}}
		switch who := m.Mentioned; {
		case who.User != nil:
			id, err := a.acquaint(ctx, room, who.User)
			if err != nil {
				return err
			}
			e.Mentioned.ID = id
		case who.Application != nil && strings.EqualFold(who.Application.ID, a.config.AppID):
			e.Mentioned.ID = act.Recipient.ID
		case who.Application != nil:
			e.Mentioned.ID = botPrefix + who.Application.ID
		case who.Conversation != nil:
			e.Mentioned.ID = who.Conversation.ID
		}
		act.more.Entities = append(act.more.Entities, e)
	}
	return nil
}

// acquaint finds out how Teams calls somebody, in conversations with this bot, whom Microsoft Graph knows by their id in
// Microsoft Entra. Somebody who has left is known by that, and is nobody's colleague any more.
func (a *Adapter) acquaint(ctx context.Context, room string, who *graphIdentity) (string, error) {
	if id := a.people.idOf(who.ID); id != "" {
		return id, nil
	}
	ask, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	m, err := a.api.member(ask, a.refs.serviceOf(room), room, who.ID)
	switch status := statusOf(err); {
	case err == nil && m.ID != "":
		m.AADObjectID = cmp.Or(m.AADObjectID, who.ID)
		a.people.put(a.met(m, person{Identity: bot.Identity{Adapter: Name, ID: m.ID}}))
		return m.ID, nil
	case err != nil && status != http.StatusNotFound && status != http.StatusBadRequest:
		return "", err
	}
	a.people.put(person{Identity: bot.Identity{Adapter: Name, ID: who.ID, Name: who.Name, Guest: true}, object: who.ID, at: a.now()})
	return who.ID, nil
}
