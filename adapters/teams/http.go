package teams

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"

	"github.com/infracloudio/msbotbuilder-go/connector/auth"
	"github.com/infracloudio/msbotbuilder-go/core"
	"github.com/infracloudio/msbotbuilder-go/schema"
)

// maxBody is the longest body that Teams may send, in bytes.
const maxBody = 1 << 20

// Routes is the one address that Teams calls.
func (a *Adapter) Routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/messages", a.messages)
	return mux
}

// messages takes an activity: 413 for what is too long, 400 for what nobody can read, 401 for a token that is not
// Microsoft's, 403 for what is none of this bot's business, 503 for what could not be stored, so that Teams delivers it
// again.
func (a *Adapter) messages(w http.ResponseWriter, r *http.Request) {
	defer a.survive(w, r)
	began := a.now()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		a.refuse(w, r, &denied{http.StatusRequestEntityTooLarge, "too_long"})
		return
	case err != nil:
		a.refuse(w, r, &denied{http.StatusBadRequest, "cut_off"})
		return
	}
	act, err := a.parse(r, body)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	act.began = began
	c, ok := a.shift.Enter()
	if !ok {
		w.Header().Set("Retry-After", "1")
		a.refuse(w, r, &denied{http.StatusServiceUnavailable, "not_running"})
		return
	}
	defer a.shift.Leave()
	top, _ := splitConversation(act.Conversation.ID)
	leave, ok := a.lanes.Enter(top)
	if !ok {
		a.passed(act, top)
		w.Header().Set("Retry-After", "1")
		a.refuse(w, r, &denied{http.StatusServiceUnavailable, "busy"})
		return
	}
	defer leave()
	if a.unread.has(top) { // the end came before its history was read: the next start goes on with that
		a.refuse(w, r, &denied{http.StatusServiceUnavailable, "not_running"})
		return
	}
	ctx := context.WithoutCancel(r.Context()) // what Teams sent is not taken back by a connection that breaks
	if act.Type == "message" {
		a.comeUp(ctx, c, top)
	}
	answer, err := a.take(ctx, c, act)
	if err != nil {
		a.passed(act, top)
		a.log.WarnContext(ctx, "not acknowledged, teams will deliver again", "type", act.Type, "error", err)
		a.refuse(w, r, err)
		return
	}
	a.reply(w, answer)
	if now := a.now(); r.Context().Err() == nil && now.Sub(began) < answerTime {
		a.presses.answered(act.pressed, now)
	}
}

// survive answers for a panic, which is nobody else's trouble.
func (a *Adapter) survive(w http.ResponseWriter, r *http.Request) {
	if p := recover(); p != nil {
		a.log.ErrorContext(r.Context(), "the teams adapter panicked", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		a.refuse(w, r, &denied{http.StatusInternalServerError, "panicked"})
	}
}

// refuse turns a request down. Why is told to operators, by code.
func (a *Adapter) refuse(w http.ResponseWriter, r *http.Request, err error) {
	d := &denied{http.StatusServiceUnavailable, "not_stored"}
	errors.As(err, &d)
	a.ignored(d.code)
	if d.status < 500 {
		a.log.WarnContext(r.Context(), "refused a request to the teams adapter", "code", d.code, "status", d.status)
	}
	http.Error(w, strconv.Itoa(d.status)+" "+d.code, d.status)
}

// reply answers what was taken; an invoke with what it wants to hear.
func (a *Adapter) reply(w http.ResponseWriter, answer any) {
	if answer == nil {
		w.WriteHeader(http.StatusOK)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(answer) // Teams has gone when this fails, and asks again
}

// parse reads an activity and proves that Microsoft sent it.
func (a *Adapter) parse(r *http.Request, body []byte) (*incoming, error) {
	if a.config.InsecureDev && !local(r) {
		return nil, &denied{http.StatusForbidden, "not_local"}
	}
	header := r.Header.Get("Authorization")
	if header == "" && !a.config.InsecureDev {
		return nil, unauthorized("no_token")
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil || fields == nil {
		return nil, &denied{http.StatusBadRequest, "malformed"}
	}
	activity, err := a.parseActivity(r.Context(), fields, header)
	var d *denied
	switch {
	case errors.As(err, &d):
		return nil, d
	case errors.Is(err, errForeignHost):
		return nil, &denied{http.StatusForbidden, "foreign_service"}
	case err != nil:
		return nil, &denied{http.StatusBadRequest, "malformed"}
	}
	act := &incoming{Activity: activity, more: readExtra(fields)}
	if err := a.door.admit(act); err != nil {
		return nil, err
	}
	return act, nil
}

// read are the fields that the library reads; it refuses a whole activity for one odd value in a field that nobody needs.
var read = []string{
	"type", "id", "name", "serviceUrl", "channelId", "from", "recipient", "conversation", "text", "textFormat", "locale", "replyToId",
	"membersAdded", "membersRemoved", "reactionsAdded", "reactionsRemoved", "action",
}

// parseActivity has the library parse an activity and call the door.
func (a *Adapter) parseActivity(ctx context.Context, fields map[string]json.RawMessage, header string) (schema.Activity, error) {
	known := map[string]json.RawMessage{}
	for _, name := range read {
		if value, ok := fields[name]; ok {
			known[name] = value
		}
	}
	body, err := json.Marshal(known)
	if err != nil {
		return schema.Activity{}, err
	}
	req := &http.Request{Method: http.MethodPost, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body))}
	req.Header.Set("Authorization", header)
	if header == "" {
		req.Header.Set("Authorization", "none") // the library wants one before it asks the door
	}
	parser := &core.BotFrameworkAdapter{
		AdapterSetting: core.AdapterSetting{CredentialProvider: auth.SimpleCredentialProvider{AppID: a.config.AppID}},
		TokenValidator: a.door,
	}
	return parser.ParseRequest(ctx, req)
}

// local reports whether a request comes from this machine, and was not passed on from elsewhere.
func local(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	peer, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil || !isLoopback(peer) {
		return false
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	return isLoopback(host)
}
