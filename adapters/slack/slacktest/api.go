package slacktest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// call is one call of a Web API method.
type call struct {
	method string
	args   map[string]any // of a form: strings; of JSON: anything
	warn   []string
}

// failure is an answer with ok: false.
type failure struct {
	code  string
	after int // seconds to stay away, with 429; 0 for none
	more  object
}

func failed(code string) *failure { return &failure{code: code} }

// faulty is a failure that says what is wrong with the arguments.
func faulty(code string, why ...string) *failure {
	messages := make([]string, len(why))
	for i, w := range why {
		messages[i] = "[ERROR] " + w
	}
	return &failure{code: code, more: object{"errors": why, "response_metadata": object{"messages": messages}}}
}

func lacking(scope string) *failure {
	return &failure{code: "missing_scope", more: object{"needed": scope}}
}

// careless are the codes that a careful client never gets.
var careless = map[string]bool{
	"invalid_arguments": true, "invalid_blocks": true, "invalid_blocks_format": true, "no_text": true, "msg_too_long": true,
	"msg_blocks_too_long": true, "missing_scope": true, "not_allowed_token_type": true, "unknown_method": true, "not_authed": true,
	"exchanged_trigger_id": true, "invalid_trigger_id": true, "view_too_large": true, "push_limit_reached": true,
	"too_many_attachments": true, "markdown_text_conflict": true, "invalid_metadata_format": true, "invalid_post_type": true,
	"invalid_form_data": true, "invalid_json": true, "bad_timestamp": true, "invalid_name": true, "invalid_limit": true, "invalid_cursor": true,
	"invalid_types": true, "duplicate_external_id": true, "not_enabled": true, "missing_argument": true, "insecure_request": true,
	"no_item_specified": true, "invalid_ts_oldest": true, "invalid_ts_latest": true,
}

// method is a row of the Web API.
type method struct {
	scope string   // that the bot token needs; empty for none, or when run decides
	app   bool     // wants the app-level token
	json  bool     // takes JSON bodies; the others read forms only
	need  []string // required arguments
	tier  int      // 1 to 4; 0 for limits of its own
	run   func(*Server, *call) (object, *failure)
}

// methods is the part of the Web API that the fake has. Scopes, arguments and tiers are those of docs.slack.dev.
func methods() map[string]method {
	return map[string]method{
		"auth.test":             {json: true, tier: 4, run: (*Server).authTest},
		"apps.connections.open": {app: true, json: true, tier: 1, run: (*Server).connectionsOpen},
		"team.info":             {scope: "team:read", tier: 3, run: (*Server).teamInfo},
		"bots.info":             {scope: "users:read", tier: 3, run: (*Server).botsInfo},

		"chat.postMessage":   {scope: "chat:write", json: true, need: []string{"channel"}, run: (*Server).postMessage},
		"chat.postEphemeral": {scope: "chat:write", json: true, need: []string{"channel", "user"}, tier: 4, run: (*Server).postEphemeral},
		"chat.update":        {scope: "chat:write", json: true, need: []string{"channel", "ts"}, tier: 3, run: (*Server).update},
		"chat.delete":        {scope: "chat:write", json: true, need: []string{"channel", "ts"}, tier: 3, run: (*Server).deleteMessage},
		"chat.getPermalink":  {need: []string{"channel", "message_ts"}, run: (*Server).permalink},

		"conversations.open":    {json: true, tier: 3, run: (*Server).conversationsOpen},
		"conversations.join":    {scope: "channels:join", json: true, need: []string{"channel"}, tier: 3, run: (*Server).conversationsJoin},
		"conversations.info":    {need: []string{"channel"}, tier: 3, run: (*Server).conversationsInfo},
		"conversations.list":    {tier: 2, run: (*Server).conversationsList},
		"conversations.members": {need: []string{"channel"}, tier: 4, run: (*Server).conversationsMembers},
		"conversations.history": {need: []string{"channel"}, tier: 3, run: (*Server).history},
		"conversations.replies": {need: []string{"channel", "ts"}, tier: 3, run: (*Server).repliesOf},

		"users.info":          {scope: "users:read", need: []string{"user"}, tier: 4, run: (*Server).usersInfo},
		"users.list":          {scope: "users:read", tier: 2, run: (*Server).usersList},
		"users.lookupByEmail": {scope: "users:read.email", need: []string{"email"}, tier: 3, run: (*Server).usersLookup},

		"views.open":    {json: true, need: []string{"view"}, tier: 4, run: (*Server).viewsOpen},
		"views.push":    {json: true, need: []string{"view"}, tier: 4, run: (*Server).viewsPush},
		"views.update":  {json: true, need: []string{"view"}, tier: 4, run: (*Server).viewsUpdate},
		"views.publish": {json: true, need: []string{"user_id", "view"}, tier: 4, run: (*Server).viewsPublish},

		"reactions.add":    {scope: "reactions:write", json: true, need: []string{"channel", "name", "timestamp"}, tier: 3, run: (*Server).reactionsAdd},
		"reactions.remove": {scope: "reactions:write", json: true, need: []string{"name"}, tier: 2, run: (*Server).reactionsRemove},
		"reactions.get":    {scope: "reactions:read", tier: 3, run: (*Server).reactionsGet},

		"files.getUploadURLExternal":   {scope: "files:write", need: []string{"filename", "length"}, tier: 4, run: (*Server).uploadURL},
		"files.completeUploadExternal": {scope: "files:write", json: true, need: []string{"files"}, tier: 4, run: (*Server).completeUpload},
		"files.delete":                 {scope: "files:write", json: true, need: []string{"file"}, tier: 3, run: (*Server).filesDelete},
		"files.info":                   {scope: "files:read", need: []string{"file"}, tier: 4, run: (*Server).filesInfo},
	}
}

// serveAPI takes a call, breaks it if a fault was ordered, and answers it.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("method")
	c, token, bad := s.read(name, r)
	s.mu.Lock()
	s.calls[name]++
	fault := s.ordered(name, c.about())
	s.mu.Unlock()
	if fault != nil && !fault.After && s.broken(w, r, *fault) {
		return
	}
	s.mu.Lock()
	status, header, body := s.reply(c, token, bad)
	s.mu.Unlock()
	if fault != nil && fault.After && s.broken(w, r, *fault) {
		return
	}
	for k := range header {
		w.Header().Set(k, header.Get(k))
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// reply is the answer to a call as it goes over the wire; the lock is held, for it is full of shared parts.
func (s *Server) reply(c *call, token string, bad *failure) (int, http.Header, []byte) {
	answer, f := s.answer(c, token, bad)
	header, status := s.header(c.method), http.StatusOK
	if f == nil {
		answer["ok"] = true
	} else {
		answer = object{"ok": false, "error": f.code}
		maps.Copy(answer, f.more)
		if f.code == "missing_scope" {
			answer["provided"] = header.Get("X-Oauth-Scopes")
		}
		if f.after > 0 {
			status = http.StatusTooManyRequests
			header.Set("Retry-After", strconv.Itoa(f.after))
		}
	}
	if len(c.warn) > 0 {
		answer["warning"] = strings.Join(c.warn, ",")
		if answer["response_metadata"] == nil {
			answer["response_metadata"] = object{"warnings": c.warn}
		}
	}
	header.Set("Content-Type", "application/json; charset=utf-8")
	body, _ := json.Marshal(answer)
	return status, header, body
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// header tells what the token may do and what the method wants, as Slack's answers do.
func (s *Server) header(name string) http.Header {
	h := http.Header{}
	h.Set("X-Oauth-Scopes", strings.Join(s.config.Scopes, ","))
	if m, ok := methods()[name]; ok && m.scope != "" {
		h.Set("X-Accepted-Oauth-Scopes", m.scope)
	}
	return h
}

// answer checks a call and carries it out; the lock is held.
func (s *Server) answer(c *call, token string, bad *failure) (object, *failure) {
	m, known := methods()[c.method]
	answer, f := func() (object, *failure) {
		if !known {
			return nil, failed("unknown_method")
		}
		if bad != nil {
			return nil, bad
		}
		if f := s.permit(m, token); f != nil {
			return nil, f
		}
		if f := s.limited(c, m); f != nil {
			return nil, f
		}
		for _, arg := range m.need {
			if c.args[arg] == nil || c.args[arg] == "" {
				return nil, faulty("invalid_arguments", "missing required field: "+arg)
			}
		}
		return m.run(s, c)
	}()
	if f != nil && careless[f.code] {
		s.record(c.method, fmt.Sprint(f.code, " ", f.more["needed"], f.more["errors"]))
	}
	return answer, f
}

// permit checks the token and what it may do.
func (s *Server) permit(m method, token string) *failure {
	switch {
	case token == "":
		return failed("not_authed")
	case token != s.config.BotToken && token != s.config.AppToken:
		return failed("invalid_auth")
	case s.revoked != "":
		return failed(s.revoked)
	case m.app != (token == s.config.AppToken):
		return failed("not_allowed_token_type")
	case m.scope != "" && !s.scoped(m.scope):
		return lacking(m.scope)
	}
	return nil
}

func (s *Server) scoped(scope string) bool { return slices.Contains(s.config.Scopes, scope) }

// read parses the arguments in every form that Slack takes.
func (s *Server) read(name string, r *http.Request) (*call, string, *failure) {
	c := &call{method: name, args: map[string]any{}}
	body, err := io.ReadAll(io.LimitReader(r.Body, 8<<20))
	if err != nil {
		return c, "", failed("request_timeout")
	}
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	set := func(from url.Values) {
		for k := range from {
			c.args[k] = from.Get(k)
		}
	}
	set(r.URL.Query())
	if c.args["token"] != nil { // not taken from apps made after February 2021
		s.breach(name, "a token in the query")
		return c, "", failed("invalid_auth")
	}
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case len(body) == 0:
	case kind == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return c, token, failed("invalid_form_data")
		}
		set(form)
	case kind == "multipart/form-data":
		form, err := multipartForm(body, params["boundary"])
		if err != nil {
			return c, token, failed("invalid_form_data")
		}
		set(form)
	case kind == "application/json":
		if params["charset"] == "" {
			c.warn = append(c.warn, "missing_charset")
		}
		var args map[string]any
		if err := json.Unmarshal(body, &args); err != nil {
			return c, token, failed("invalid_json")
		}
		delete(args, "token") // ignored there
		if m := methods()[name]; m.json {
			c.args = args
		} else {
			s.breach(name, "a JSON body, of which the method reads nothing")
		}
	default:
		return c, token, failed("invalid_post_type")
	}
	if t, ok := c.args["token"].(string); ok && token == "" {
		token = t
	}
	return c, token, nil
}

// str is an argument as a string; numbers and truths of JSON are written out.
func (c *call) str(name string) string {
	switch v := c.args[name].(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}

// flag is a truth: true or 1.
func (c *call) flag(name string) bool {
	v := c.str(name)
	return v == "true" || v == "1"
}

// structured is an argument that is JSON, be it as JSON or as a string that holds it. It is nil when it is not there.
func (c *call) structured(name string) (any, error) {
	text, ok := c.args[name].(string)
	if !ok {
		return c.args[name], nil
	}
	if text == "" {
		return nil, nil //nolint:nilnil // an argument that is not there is no error
	}
	var v any
	err := json.Unmarshal([]byte(text), &v)
	return v, err
}

// list is an argument that is a list in JSON, or separated by commas.
func (c *call) list(name string) []string {
	if all, ok := c.args[name].([]any); ok {
		var l []string
		for _, v := range all {
			l = append(l, fmt.Sprint(v))
		}
		return l
	}
	var l []string
	for v := range strings.SplitSeq(c.str(name), ",") {
		if v = strings.TrimSpace(v); v != "" {
			l = append(l, v)
		}
	}
	return l
}
