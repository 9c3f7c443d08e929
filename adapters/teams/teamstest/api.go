package teamstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// failure is a call that Teams refuses.
type failure struct {
	status int
	code   string
	text   string
	after  int    // Retry-After in seconds
	body   object // instead of the usual error object
}

func fail(status int, code, text string) *failure {
	return &failure{status: status, code: code, text: text}
}

// The documented refusals ("Status codes from bot conversational APIs").
func badArgument(text string) *failure { return fail(http.StatusBadRequest, "BadArgument", text) }

func noConversation() *failure {
	return fail(http.StatusNotFound, "ConversationNotFound", "Conversation not found.")
}

func noActivity() *failure {
	return fail(http.StatusNotFound, "ActivityNotFoundInConversation", "Conversation not found.")
}

// call is one on the connector.
type call struct {
	name string // as for Calls
	path []string
	verb string
	args url.Values
	raw  []byte
	body object // nil for none
}

// at is the conversation that a call names, as it names it; for one that is to be opened, the person.
func (c *call) at() string {
	if channel := word(c.body, "channelData", "channel", "id"); c.name == "create" && channel != "" {
		return channel
	}
	if members, _ := c.body["members"].([]any); c.name == "create" && len(members) > 0 {
		return word(members[0], "id")
	}
	if len(c.path) > 1 && c.path[0] == "conversations" {
		return c.path[1]
	}
	return ""
}

// reply is the answer to a call; an empty body for nil.
type reply struct {
	status int
	body   any
}

// serve takes everything that reaches the fake. It does not use [http.ServeMux], which would mend paths that Microsoft does not.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	for i, part := range parts {
		if plain, err := url.PathUnescape(part); err == nil {
			parts[i] = plain
		}
	}
	path := strings.Join(parts, "/")
	switch {
	case path == "v1/.well-known/openidconfiguration":
		s.simple(w, r, "metadata", func(w http.ResponseWriter) { s.serveMetadata(w) })
	case path == "v1/.well-known/keys":
		s.simple(w, r, "keys", func(w http.ResponseWriter) { s.serveKeys(w) })
	case len(parts) == 4 && strings.HasSuffix(path, "/oauth2/v2.0/token"):
		s.simple(w, r, "token", func(w http.ResponseWriter) { s.serveToken(w, r, parts[0]) })
	case len(parts) == 3 && parts[0] == "download":
		s.simple(w, r, "download", func(w http.ResponseWriter) { s.serveDownload(w, r, parts[1]) })
	case len(parts) == 2 && parts[0] == "control":
		s.controls().Serve(w, r, parts[1])
	case len(parts) > 1 && parts[0] == "v1.0":
		s.serveGraph(w, r, parts[1:])
	case len(parts) > 2 && parts[1] == "v3":
		s.serveConnector(w, r, parts[0], parts[2:])
	default:
		s.breach("http", "nothing is at "+r.Method+" "+r.URL.Path)
		http.NotFound(w, r)
	}
}

// simple serves what is no call on the connector, with the faults that were ordered for it.
func (s *Server) simple(w http.ResponseWriter, r *http.Request, name string, answer func(http.ResponseWriter)) {
	s.mu.Lock()
	s.calls[name]++
	f := s.ordered(name, "")
	s.mu.Unlock()
	if f == nil {
		answer(w)
		return
	}
	if f.After {
		answer(&discard{header: http.Header{}})
	}
	if !s.broken(w, r, *f) {
		answer(w)
	}
}

// discard is where the answer of a call goes that took effect unseen.
type discard struct{ header http.Header }

// Header is of no use to anybody.
func (d *discard) Header() http.Header { return d.header }

func (d *discard) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader does nothing.
func (d *discard) WriteHeader(int) {}

// serveConnector takes a call on the connector.
func (s *Server) serveConnector(w http.ResponseWriter, r *http.Request, region string, path []string) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, 4<<20))
	if err != nil {
		return // the client is gone
	}
	c := &call{path: path, verb: r.Method, args: r.URL.Query(), raw: raw}
	parsed := json.Unmarshal(raw, &c.body)
	answer := s.named(c)
	s.mu.Lock()
	s.calls[c.name]++
	f := s.ordered(c.name, c.at())
	s.mu.Unlock()
	carry := func() (reply, *failure) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if no := s.admit(c, region, r.Header, parsed); no != nil {
			return reply{}, no
		}
		return answer(c)
	}
	var result reply
	var no *failure
	if f != nil {
		if f.After {
			result, no = carry()
		}
		s.strike(c, *f, result)
		if s.broken(w, r, *f) {
			return
		}
	}
	if f == nil || !f.After {
		result, no = carry()
	}
	if no != nil {
		no.write(w)
		return
	}
	switch body := result.body.(type) {
	case nil:
		w.WriteHeader(result.status)
	case *file:
		w.Header().Set("Content-Type", body.mime)
		_, _ = w.Write(body.bytes)
	default:
		writeJSON(w, result.status, result.body)
	}
}

// admit checks what all calls have in common. The lock is held.
func (s *Server) admit(c *call, region string, header http.Header, parsed error) *failure {
	if why := s.trusted(header.Get("Authorization"), botScope); why != "" {
		s.record(c.name, why)
		return fail(http.StatusUnauthorized, "Unauthorized", "Authorization has been denied for this request.")
	}
	if region != s.region {
		s.record(c.name, "called the region "+region+", but the tenant is served by "+s.region)
		return fail(http.StatusForbidden, "InvalidBotApiHost", "Invalid bot api host.")
	}
	if (c.verb == http.MethodPost || c.verb == http.MethodPut) && c.name != "react" {
		if kind := header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
			s.record(c.name, fmt.Sprintf("the content type is %q", kind))
		}
		if len(c.raw) > s.config.MaxMessage {
			s.record(c.name, fmt.Sprintf("%d bytes, at most %d are taken", len(c.raw), s.config.MaxMessage))
			return fail(http.StatusRequestEntityTooLarge, "MessageSizeTooBig", "Message size too large.")
		}
		if parsed != nil {
			s.record(c.name, "the body is no JSON object")
			return fail(http.StatusBadRequest, "BadSyntax", "The request body is not valid JSON.")
		}
	}
	return s.limited(c)
}

// named finds what answers a call and gives the call its name.
func (s *Server) named(c *call) func(*call) (reply, *failure) {
	p := c.path
	is := func(verb string, n int, at int, word string) bool {
		return c.verb == verb && len(p) == n && (at < 0 || p[at] == word)
	}
	set := func(name string, f func(*call) (reply, *failure)) func(*call) (reply, *failure) {
		c.name = name
		return f
	}
	switch root := p[0]; {
	case root == "conversations" && is(http.MethodPost, 1, -1, ""):
		return set("create", s.create)
	case root == "conversations" && is(http.MethodPost, 3, 2, "activities") && c.body["type"] == "typing":
		return set("typing", s.typing)
	case root == "conversations" && is(http.MethodPost, 3, 2, "activities"):
		return set("post", s.send)
	case root == "conversations" && is(http.MethodPost, 4, 2, "activities"):
		return set("reply", s.send)
	case root == "conversations" && is(http.MethodPut, 4, 2, "activities"):
		return set("update", s.update)
	case root == "conversations" && is(http.MethodDelete, 4, 2, "activities"):
		return set("delete", s.remove)
	case root == "conversations" && is(http.MethodPut, 6, 4, "reactions") && p[2] == "activities":
		return set("react", s.botReacts)
	case root == "conversations" && is(http.MethodDelete, 6, 4, "reactions") && p[2] == "activities":
		return set("unreact", s.botReacts)
	case root == "conversations" && is(http.MethodGet, 3, 2, "members"):
		return set("members", s.members)
	case root == "conversations" && is(http.MethodGet, 3, 2, "pagedmembers"):
		return set("pagedmembers", s.pagedMembers)
	case root == "conversations" && is(http.MethodGet, 4, 2, "members"):
		return set("member", s.memberOf)
	case root == "teams" && is(http.MethodGet, 2, -1, ""):
		return set("team", s.teamOf)
	case root == "teams" && is(http.MethodGet, 3, 2, "conversations"):
		return set("channels", s.channelsOf)
	case root == "attachments" && is(http.MethodGet, 4, 2, "views"):
		return set("download", s.view)
	}
	return set("http", func(c *call) (reply, *failure) {
		s.record("http", "nothing is at "+c.verb+" v3/"+strings.Join(c.path, "/"))
		return reply{}, fail(http.StatusNotFound, "NotFound", "No HTTP resource was found that matches the request.")
	})
}

func (f *failure) write(w http.ResponseWriter) {
	if f.after > 0 {
		w.Header().Set("Retry-After", fmt.Sprint(f.after))
	}
	if f.body != nil {
		writeJSON(w, f.status, f.body)
		return
	}
	writeJSON(w, f.status, object{"error": object{"code": f.code, "message": f.text}})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}
