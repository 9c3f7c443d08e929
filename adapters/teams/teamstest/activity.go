package teamstest

import (
	"fmt"
	"slices"
	"strings"
)

// activityKeys are the fields that a bot may set on a message, by the Activity schema.
var activityKeys = map[string]bool{
	"type": true, "id": true, "text": true, "textFormat": true, "attachments": true, "attachmentLayout": true, "entities": true, "summary": true,
	"channelData": true, "channelId": true, "serviceUrl": true, "from": true, "recipient": true, "conversation": true, "replyToId": true,
	"suggestedActions": true, "locale": true, "importance": true, "timestamp": true, "localTimestamp": true, "inputHint": true, "speak": true,
	"value": true, "valueType": true, "name": true, "deliveryMode": true, "expiration": true, "label": true, "topicName": true,
}

// check looks at an activity that the bot wants to be seen.
func (s *Server) check(c *call, conv *conversation, a object) *failure {
	if a["type"] != "message" {
		return badArgument(fmt.Sprintf("Activities of type %v cannot be posted.", a["type"]))
	}
	breach := func(format string, args ...any) { s.record(c.name, fmt.Sprintf(format, args...)) }
	for key := range a {
		if !activityKeys[key] {
			breach("%q is no field of an activity", key)
		}
	}
	for _, path := range zeros("", a) {
		breach("%s is empty, leave it out", path)
	}
	if format, ok := a["textFormat"]; ok && format != "plain" && format != "markdown" && format != "xml" {
		return badArgument(fmt.Sprintf("textFormat cannot be %v.", format))
	}
	text, _ := a["text"].(string)
	attachments, isList := a["attachments"].([]any)
	if a["attachments"] != nil && !isList {
		return fail(400, "BadSyntax", "Attachments must be a list.")
	}
	if strings.TrimSpace(text) == "" && len(attachments) == 0 {
		return fail(400, "BadSyntax", "Activity must include non empty 'text' field or at least 1 attachment")
	}
	if no := s.checkMentions(breach, conv, text, a["entities"]); no != nil {
		return no
	}
	if a["textFormat"] == "xml" {
		for _, fault := range xmlFaults(text) {
			breach("the text: %s", fault)
		}
	}
	s.checkAddress(breach, conv, c, a)
	checkSuggestions(breach, conv, a, attachments)
	for _, raw := range attachments {
		if no := s.checkAttachment(breach, conv, raw); no != nil {
			return no
		}
	}
	return nil
}

// zeros are the paths of what is empty but written down, in the fields that Teams reads. What belongs to the bot alone is
// left out.
func zeros(path string, v any) []string {
	switch v := v.(type) {
	case nil:
		return []string{path}
	case string:
		if v == "" || strings.HasPrefix(v, "0001-01-01T") {
			return []string{path}
		}
	case []any:
		if len(v) == 0 {
			return []string{path}
		}
	case object:
		if len(v) == 0 {
			return []string{path}
		}
		var all []string
		for _, key := range sorted(v) {
			if key == "value" || key == "data" || key == "content" {
				continue
			}
			all = append(all, zeros(strings.TrimPrefix(path+"."+key, "."), v[key])...)
		}
		return all
	}
	return nil
}

func sorted(o object) []string {
	keys := make([]string, 0, len(o))
	for k := range o {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// checkAddress looks at what an activity says about where it goes, which Teams ignores in favour of the path.
func (s *Server) checkAddress(breach func(string, ...any), conv *conversation, c *call, a object) {
	if id := word(a, "from", "id"); a["from"] != nil && id != s.BotID() {
		breach("the activity is from %q", id)
	}
	if id := word(a, "conversation", "id"); a["conversation"] != nil && c.name != "create" && id != c.at() {
		breach("the activity is for the conversation %q, the path for %q", id, c.at())
	}
	if a["channelId"] != nil && a["channelId"] != "msteams" {
		breach("the channel is %v", a["channelId"])
	}
	if id := word(a, "replyToId"); id != "" && conv.find(id) == nil {
		breach("replyToId %q is no message of the conversation", id)
	}
	if alert := at(a, "channelData", "notification", "alert"); alert != nil {
		if _, ok := alert.(bool); !ok {
			breach("notification.alert is %v", alert)
		}
	}
	if layout := a["attachmentLayout"]; layout != nil && layout != "list" && layout != "carousel" {
		breach("attachmentLayout is %v", layout)
	}
}

// checkMentions looks at the entities of a message. The text of each must be in the text of the message.
func (s *Server) checkMentions(breach func(string, ...any), conv *conversation, text string, v any) *failure {
	entities, _ := v.([]any)
	covered := map[string]bool{}
	for _, raw := range entities {
		e, _ := raw.(object)
		if e["type"] != "mention" {
			if kind := word(e, "type"); kind == "" {
				return badArgument("An entity has no type.")
			}
			continue
		}
		label, id := word(e, "text"), word(e, "mentioned", "id")
		switch {
		case !strings.HasPrefix(label, "<at>") || !strings.HasSuffix(label, "</at>") || len(label) == len("<at></at>"):
			return badArgument("The text of a mention must be a name in <at> tags.")
		case !strings.Contains(text, label):
			return badArgument("The text of a mention is not part of the message.")
		case id != s.BotID() && !s.mentionable(conv, id):
			return badArgument("Who is mentioned is not part of the conversation.")
		case word(e, "mentioned", "name") == "":
			breach("the mention of %s has no name", id)
		}
		covered[label] = true
	}
	for _, label := range atTags(text) {
		if !covered[label] {
			breach("%s is no mention, as no entity goes with it", label)
		}
	}
	return nil
}

func (s *Server) mentionable(conv *conversation, id string) bool {
	u := s.user(id)
	return u != nil && conv.member(u.ID)
}

// atTags are the <at>…</at> of a text.
func atTags(text string) []string {
	var all []string
	for {
		_, rest, ok := strings.Cut(text, "<at>")
		if !ok {
			return all
		}
		name, after, ok := strings.Cut(rest, "</at>")
		if !ok {
			return all
		}
		all = append(all, "<at>"+name+"</at>")
		text = after
	}
}

// checkSuggestions: only in direct conversations, on texts, at most three, imBack.
func checkSuggestions(breach func(string, ...any), conv *conversation, a object, attachments []any) {
	suggested, ok := a["suggestedActions"].(object)
	if !ok || len(suggested) == 0 {
		return
	}
	actions, _ := suggested["actions"].([]any)
	if conv.Kind != Personal || len(attachments) > 0 {
		breach("suggested actions work on texts in direct conversations only")
	}
	if len(actions) == 0 || len(actions) > 3 {
		breach("%d suggested actions, Teams shows one to three", len(actions))
	}
	for _, action := range actions {
		if word(action, "type") != "imBack" || word(action, "title") == "" || word(action, "value") == "" {
			breach("a suggested action is not an imBack with title and value")
		}
	}
}

// otherCards are attachments that Teams knows and that the fake does not look into.
var otherCards = []string{
	"application/vnd.microsoft.card.hero", "application/vnd.microsoft.card.thumbnail", "application/vnd.microsoft.teams.card.list",
	"application/vnd.microsoft.card.receipt", "application/vnd.microsoft.card.signin", "application/vnd.microsoft.card.oauth",
	"application/vnd.microsoft.teams.card.o365connector", "application/vnd.microsoft.teams.card.file.consent",
	"application/vnd.microsoft.teams.file.download.info", "application/vnd.microsoft.teams.card.file.info",
}

const adaptiveType = "application/vnd.microsoft.card.adaptive"

func (s *Server) checkAttachment(breach func(string, ...any), conv *conversation, raw any) *failure {
	a, _ := raw.(object)
	kind := word(a, "contentType")
	switch {
	case kind == adaptiveType:
		card, ok := a["content"].(object)
		if !ok {
			return badArgument("The content of an Adaptive Card must be an object.")
		}
		return s.checkCard(breach, conv, card)
	case strings.HasPrefix(kind, "image/"):
		if address := word(a, "contentUrl"); !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "data:image/") {
			breach("a picture without an https address")
		}
	case slices.Contains(otherCards, kind):
	default:
		return badArgument(fmt.Sprintf("Attachments of type %q are not supported.", kind))
	}
	return nil
}

// checkCard looks at an Adaptive Card. Teams refuses those that no client could show.
func (s *Server) checkCard(breach func(string, ...any), conv *conversation, card object) *failure {
	k := &cardCheck{breach: func(format string, args ...any) { breach("the card: "+format, args...) }}
	k.card(card, false)
	if k.refused != "" {
		return badArgument(k.refused)
	}
	return s.checkCardMentions(k, conv, card)
}

// checkCardMentions looks at msteams.entities.
func (s *Server) checkCardMentions(k *cardCheck, conv *conversation, card object) *failure {
	entities, _ := at(card, "msteams", "entities").([]any)
	known := map[string]bool{}
	for _, raw := range entities {
		label, id := word(raw, "text"), word(raw, "mentioned", "id")
		if word(raw, "type") != "mention" || !strings.HasPrefix(label, "<at>") || !strings.HasSuffix(label, "</at>") || word(raw, "mentioned", "name") == "" {
			return badArgument("An entity of the card is no mention.")
		}
		if !slices.Contains(k.tags, label) {
			return badArgument("The text of a mention is not part of the card.")
		}
		if conv != nil && id != s.BotID() && !s.mentionable(conv, id) {
			return badArgument("Who is mentioned is not part of the conversation.")
		}
		known[label] = true
	}
	for _, label := range k.tags {
		if !known[label] {
			k.breach("%s is no mention, as no entity goes with it", label)
		}
	}
	return nil
}
