package teams

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/infracloudio/msbotbuilder-go/schema"

	"standleitung/bot"
)

// incoming is an activity with what the library's schema leaves out.
type incoming struct {
	schema.Activity
	more extra
	// began is when it came in.
	began time.Time
	// pressed is the key of the click that the core has taken of it; see [presses].
	pressed string
}

// extra is what is read of an activity besides the schema. What has an odd form is left out.
type extra struct {
	Timestamp, LocalTimezone, Action string
	Value                            json.RawMessage
	Attachments                      []inAttachment
	Entities                         []inEntity
	ChannelData                      channelData
}

type channelData struct {
	EventType string `json:"eventType"`
	Tenant    struct {
		ID string `json:"id"`
	} `json:"tenant"`
	Team struct {
		ID    string `json:"id"`
		Group string `json:"aadGroupId"` // only in what is told of the team itself
	} `json:"team"`
}

type inAttachment struct {
	ContentType string          `json:"contentType"`
	ContentURL  string          `json:"contentUrl"`
	Name        string          `json:"name"`
	Content     json.RawMessage `json:"content"`
}

type inEntity struct {
	Type      string    `json:"type"`
	Text      string    `json:"text"`
	Mentioned mentioned `json:"mentioned"`
	Locale    string    `json:"locale"`
	Timezone  string    `json:"timezone"`
}

func readExtra(fields map[string]json.RawMessage) extra {
	e := extra{Value: fields["value"]}
	for name, into := range map[string]any{
		"timestamp": &e.Timestamp, "localTimezone": &e.LocalTimezone, "action": &e.Action, "channelData": &e.ChannelData,
	} {
		_ = json.Unmarshal(fields[name], into) // what cannot be read is as if it were not there
	}
	e.Attachments, e.Entities = each[inAttachment](fields["attachments"]), each[inEntity](fields["entities"])
	return e
}

// each reads a list; entries of an odd form are left out.
func each[T any](raw json.RawMessage) []T {
	var list []json.RawMessage
	_ = json.Unmarshal(raw, &list) // what is no list is an empty one
	var all []T
	for _, r := range list {
		var one T
		if json.Unmarshal(r, &one) == nil {
			all = append(all, one)
		}
	}
	return all
}

// personal reports whether an activity is of a person's conversation with the bot.
func (act *incoming) personal() bool {
	switch act.Conversation.ConversationType {
	case "personal":
		return true
	case "":
		id := act.Conversation.ID
		return !act.Conversation.IsGroup && !strings.HasPrefix(id, "19:")
	}
	return false
}

// ours reports whether the bot, or another one, caused an activity: what they say is nobody's.
func (act *incoming) ours() bool {
	return act.From.ID == act.Recipient.ID || strings.HasPrefix(act.From.ID, botPrefix) || act.From.Role == "bot"
}

// at is the platform's time of an activity; zero when it has none. One without a zone is read as UTC.
func (act *incoming) at() time.Time { return timeOf(act.more.Timestamp) }

func timeOf(stamp string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, stamp); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// client is what the writer's Teams says of itself.
func (e *extra) client() inEntity {
	for _, entity := range e.Entities {
		if strings.EqualFold(entity.Type, "clientInfo") {
			return entity
		}
	}
	return inEntity{}
}

// mentions are those whom a message mentions.
func (e *extra) mentions() []inEntity {
	var all []inEntity
	for _, entity := range e.Entities {
		if entity.Type == "mention" && entity.Mentioned.ID != "" {
			all = append(all, entity)
		}
	}
	return all
}

// fileInfo is the content of an attachment that is a file.
type fileInfo struct {
	UniqueID string `json:"uniqueId"`
	FileType string `json:"fileType"`
	FileSize int64  `json:"fileSize"`
}

// filesOf are the files among attachments, as links: their bytes are out of a bot's reach, but for those of a personal
// conversation, for some minutes.
func filesOf(list []inAttachment) []bot.File {
	var files []bot.File
	for _, att := range list {
		kind := strings.ToLower(att.ContentType)
		var info fileInfo
		_ = json.Unmarshal(att.Content, &info) // a link without it is a link
		switch {
		case kind == "application/vnd.microsoft.teams.file.download.info", kind == "reference":
			files = append(files, bot.File{Name: att.Name, Size: info.FileSize, ID: info.UniqueID, URL: webAddress(att.ContentURL)})
		case strings.HasPrefix(kind, "image/") || strings.HasPrefix(kind, "video/") || strings.HasPrefix(kind, "audio/"):
			name := att.Name
			if name == "" {
				name, _, _ = strings.Cut(kind, "/")
			}
			files = append(files, bot.File{Name: name, Type: att.ContentType, URL: webAddress(att.ContentURL), ID: digest(att.ContentURL)})
		}
	}
	for i := range files {
		if files[i].ID == "" && files[i].URL == "" {
			files[i].ID = digest(files[i].Name)
		}
	}
	return files
}

// webAddress is an address that people can open; empty for any other.
func webAddress(s string) string {
	if strings.HasPrefix(s, "https://") {
		return s
	}
	return ""
}
