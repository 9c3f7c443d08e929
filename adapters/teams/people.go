package teams

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/infracloudio/msbotbuilder-go/core/activity"
	"github.com/infracloudio/msbotbuilder-go/schema"

	"standleitung/bot"
)

const (
	// freshPerson is how long what the roster said of somebody counts.
	freshPerson = time.Hour
	// mostPeople bounds how many are remembered.
	mostPeople = 20_000
	// askPause is for how long nobody asks for somebody again when there was no answer at all.
	askPause = 30 * time.Second
	// askTime is how long an activity waits for the roster: Teams wants to be answered in fifteen seconds.
	askTime = 4 * time.Second
)

// person is what Teams says of somebody.
type person struct {
	bot.Identity
	object string // their id in Microsoft Entra
	at     time.Time
	silent time.Time // when the roster gave no answer
}

// people remembers who is who.
type people struct {
	mu       sync.Mutex
	known    map[string]person
	byObject map[string]string // ids by those of Microsoft Entra
}

func (p *people) find(id string) (person, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who, ok := p.known[id]
	return who, ok
}

func (p *people) put(who person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil || len(p.known) >= mostPeople {
		p.known, p.byObject = map[string]person{}, map[string]string{}
	}
	p.known[who.ID] = who
	if who.object != "" {
		p.byObject[who.object] = who.ID
	}
}

// idOf finds somebody by their id in Microsoft Entra; empty for one who was not met.
func (p *people) idOf(object string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.byObject[object]
}

// who is the sender of an activity, from what it says and from the roster of its conversation. Somebody of whom the roster
// says nothing, for now, is what the core knew of them, else a guest: they may be one.
func (a *Adapter) who(ctx context.Context, act *incoming) bot.Identity {
	known, ok := a.people.find(act.From.ID)
	if (!ok || a.now().Sub(known.at) > freshPerson) && a.now().Sub(known.silent) > askPause {
		known = a.ask(ctx, act, known)
	}
	known.ID, known.Adapter = act.From.ID, Name
	known.Name = cmp.Or(known.Name, act.From.Name)
	known.object = cmp.Or(known.object, act.From.AadObjectID)
	known.Language = cmp.Or(act.Locale, act.more.client().Locale, known.Language)
	known.Zone = cmp.Or(act.more.client().Timezone, act.more.LocalTimezone, known.Zone)
	a.people.put(known)
	return known.Identity
}

// ask asks the roster for the sender of an activity.
func (a *Adapter) ask(ctx context.Context, act *incoming, known person) person {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	top, _ := splitConversation(act.Conversation.ID)
	m, err := a.api.member(ctx, act.ServiceURL, top, act.From.ID)
	if err != nil {
		a.log.WarnContext(ctx, "the roster does not tell who somebody is", "error", err)
		if known.at.IsZero() {
			known.Guest = !a.config.InsecureDev
			known.Unproven = known.Guest
		}
		if statusOf(err) == 0 {
			known.silent = a.now()
		}
		return known
	}
	return a.met(m, known)
}

// met is somebody as the roster knows them.
func (a *Adapter) met(m member, known person) person {
	known.Name = cmp.Or(m.Name, known.Name)
	known.Email = cmp.Or(m.Email, m.Principal)
	if !strings.Contains(known.Email, "@") {
		known.Email = ""
	}
	known.object = cmp.Or(m.AADObjectID, m.ObjectID, known.object)
	known.Guest = strings.EqualFold(m.Role, "guest") || strings.EqualFold(m.Role, "anonymous") ||
		a.config.TenantID != "" && m.TenantID != "" && !strings.EqualFold(m.TenantID, a.config.TenantID)
	known.at, known.Unproven = a.now(), false
	return known
}

// personOf finds the id of somebody in a conversation by their id in Microsoft Entra, with their name; empty when the roster
// does not know them.
func (a *Adapter) personOf(ctx context.Context, act *incoming, object string) (id, name string) {
	if id := a.people.idOf(object); id != "" {
		who, _ := a.people.find(id)
		return id, who.Name
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	top, _ := splitConversation(act.Conversation.ID)
	m, err := a.api.member(ctx, act.ServiceURL, top, object)
	if err != nil || m.ID == "" {
		return "", ""
	}
	who := a.met(m, person{Identity: bot.Identity{Adapter: Name, ID: m.ID}})
	a.people.put(who)
	return who.ID, who.Name
}

// References.

const (
	refKey    = "ref/"    // before the id of a conversation
	directKey = "direct/" // before the id of a person
)

// references are where the bot was met: it can write nowhere else.
type references struct {
	mu      sync.Mutex
	known   map[string]schema.ConversationReference // by conversation, without threads
	directs map[string]string                       // conversations by person
	first   string                                  // the address of the connector before anything came in
	service string                                  // the newest one
	bot     string                                  // how Teams calls the bot
	unsaved map[string]bool                         // keys that are not in the store yet
}

// load takes in what was kept.
func (r *references) load(k bot.Kept) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if person, ok := strings.CutPrefix(k.Key, directKey); ok {
		r.put(person, string(k.Value))
		return
	}
	id, ok := strings.CutPrefix(k.Key, refKey)
	var ref schema.ConversationReference
	if ok && json.Unmarshal(k.Value, &ref) == nil {
		r.learn(id, ref)
	}
}

func (r *references) learn(id string, ref schema.ConversationReference) {
	if r.known == nil {
		r.known = map[string]schema.ConversationReference{}
	}
	r.known[id] = ref
	r.service, r.bot = cmp.Or(ref.ServiceURL, r.service), cmp.Or(ref.Bot.ID, r.bot)
}

func (r *references) put(person, conversation string) {
	if r.directs == nil {
		r.directs = map[string]string{}
	}
	r.directs[person] = conversation
}

// note takes in an activity and returns what is to be kept of it; nothing when all of it is known.
func (r *references) note(act *incoming) []bot.Kept {
	r.mu.Lock()
	defer r.mu.Unlock()
	top, _ := splitConversation(act.Conversation.ID)
	ref := activity.GetCoversationReference(act.Activity)
	ref.ActivityID, ref.Conversation.ID, ref.Conversation.Name, ref.Bot.Name = "", top, "", ""
	if act.personal() {
		ref.User = schema.ChannelAccount{ID: ref.User.ID}
	} else {
		ref.User = schema.ChannelAccount{}
	}
	if r.unsaved == nil {
		r.unsaved = map[string]bool{}
	}
	if before, ok := r.known[top]; !ok || before != ref {
		r.unsaved[refKey+top] = true
	}
	r.learn(top, ref)
	var keep []bot.Kept
	if value, err := json.Marshal(ref); err == nil && r.unsaved[refKey+top] {
		keep = append(keep, bot.Kept{Key: refKey + top, Value: value})
	}
	if act.personal() && act.From.ID != "" && !act.ours() {
		key := directKey + act.From.ID
		if r.directs[act.From.ID] != top {
			r.unsaved[key] = true
			r.put(act.From.ID, top)
		}
		if r.unsaved[key] {
			keep = append(keep, bot.Kept{Key: key, Value: []byte(top)})
		}
	}
	return keep
}

// saved notes that something is in the store.
func (r *references) saved(keep []bot.Kept) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range keep {
		delete(r.unsaved, k.Key)
	}
}

// forget drops the direct conversation of somebody who removed the app.
func (r *references) forget(person string) []bot.Kept {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.directs, person)
	delete(r.unsaved, directKey+person)
	return []bot.Kept{{Key: directKey + person}}
}

// direct is the conversation with a person, empty for none yet, and the address of the connector for it.
func (r *references) direct(person string) (conversation, service string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	conversation = r.directs[person]
	return conversation, cmp.Or(r.known[conversation].ServiceURL, r.service, r.first)
}

// serviceOf is the address of the connector for a conversation.
func (r *references) serviceOf(conversation string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return cmp.Or(r.known[conversation].ServiceURL, r.service, r.first)
}

// met reports whether any activity has said where the connector is.
func (r *references) met() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.service != ""
}

// self is how Teams calls the bot; empty when it was never met and has no app id.
func (r *references) self(appID string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.bot == "" && appID != "" {
		return botPrefix + appID
	}
	return r.bot
}

// direct is the conversation with a person; one that is not there yet is opened.
func (a *Adapter) direct(ctx context.Context, core bot.Core, who string) (conversation, service string, err error) {
	conversation, service = a.refs.direct(who)
	if conversation != "" {
		return conversation, service, nil
	}
	if conversation, err = a.api.open(ctx, service, a.refs.self(a.config.AppID), who, a.config.TenantID); err != nil {
		return "", "", err
	}
	a.refs.mu.Lock()
	a.refs.put(who, conversation)
	a.refs.mu.Unlock()
	// Should this fail, it is opened again: Teams finds the same one.
	if err := core.Keep(ctx, bot.Kept{Key: directKey + who, Value: []byte(conversation)}); err != nil {
		a.log.WarnContext(ctx, "cannot keep where a person is spoken to", "error", err)
	}
	return conversation, service, nil
}

// gone reports whether a refusal says that a message is not there.
func gone(err error) bool {
	return statusOf(err) == http.StatusNotFound && codeOf(err) != "ConversationNotFound"
}
