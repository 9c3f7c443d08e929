package slacktest

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const maxUpload = 1 << 30 // bytes in one file, by Slack's help pages

// multipartForm reads the values of a multipart body.
func multipartForm(body []byte, boundary string) (url.Values, error) {
	form, err := multipart.NewReader(bytes.NewReader(body), boundary).ReadForm(8 << 20)
	if err != nil {
		return nil, err
	}
	return url.Values(form.Value), form.RemoveAll()
}

func (s *Server) uploadURL(c *call) (object, *failure) {
	size, err := strconv.Atoi(c.str("length"))
	if err != nil || size <= 0 {
		return nil, failed("missing_argument")
	}
	if size > maxUpload {
		return nil, failed("file_upload_size_restricted")
	}
	if utf8.RuneCountInString(c.str("alt_txt")) > 1000 {
		return nil, failed("alt_txt_too_large")
	}
	f := s.newFile(c.str("filename"), BotUser)
	f.size, f.ticket = size, random()
	return object{"upload_url": s.URL + "/upload/" + f.ticket, "file_id": f.id}, nil
}

func (s *Server) newFile(name, user string) *file {
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" {
		kind = "application/octet-stream"
	}
	kind, _, _ = mime.ParseMediaType(kind)
	f := &file{id: s.id("F"), name: name, title: name, user: user, mime: kind, shares: map[string][]string{}}
	s.files = append(s.files, f)
	return f
}

// serveUpload takes the bytes, raw or as the only file of a form. The URL knows its file; a token is not wanted.
func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	fault := s.ordered("upload", "")
	s.mu.Unlock()
	if fault != nil && !fault.After && s.broken(w, r, *fault) {
		return
	}
	body, err := uploaded(r)
	s.mu.Lock()
	i := slices.IndexFunc(s.files, func(f *file) bool { return f.ticket != "" && f.ticket == r.PathValue("ticket") })
	ok := false
	switch {
	case i < 0:
		s.record("upload", "an upload URL that nobody gave out")
	case err != nil:
		s.record("upload", "a body that cannot be read")
	case len(body) != s.files[i].size:
		s.record("upload", fmt.Sprintf("%d bytes were sent, %d announced", len(body), s.files[i].size))
	default:
		s.files[i].bytes, s.files[i].uploaded, ok = body, true, true
	}
	s.mu.Unlock()
	if fault != nil && fault.After && s.broken(w, r, *fault) {
		return
	}
	if !ok {
		http.Error(w, "upload failed", http.StatusBadRequest)
		return
	}
	_, _ = io.WriteString(w, "OK - "+strconv.Itoa(len(body)))
}

func uploaded(r *http.Request) ([]byte, error) {
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		return io.ReadAll(io.LimitReader(r.Body, maxUpload))
	}
	parts := multipart.NewReader(r.Body, params["boundary"])
	for {
		part, err := parts.NextPart()
		if err != nil {
			return nil, err
		}
		if part.FileName() != "" {
			return io.ReadAll(io.LimitReader(part, maxUpload))
		}
	}
}

// completeUpload shares what was uploaded. Each channel gets one message with all the files.
func (s *Server) completeUpload(c *call) (object, *failure) {
	raw, err := c.structured("files")
	list, ok := raw.([]any)
	if err != nil || !ok || len(list) == 0 {
		return nil, faulty("invalid_arguments", "must be an array [json-pointer:/files]")
	}
	var files []*file
	for _, v := range list {
		o, _ := v.(object)
		f := s.file(fmt.Sprint(o["id"]))
		if f == nil || !f.uploaded || f.completed {
			return nil, failed("file_not_found")
		}
		if title, _ := o["title"].(string); title != "" {
			f.title = title
		}
		files = append(files, f)
	}
	where := c.list("channels")
	if one := c.str("channel_id"); one != "" {
		where = append(where, one)
	}
	if len(where) > 100 {
		return nil, failed("channels_limit_exceeded")
	}
	if len(where) > 1 && c.str("thread_ts") != "" {
		s.record(c.method, "thread_ts with more than one channel")
	}
	posts := map[*channel]*message{}
	for _, id := range where {
		ch, f := s.target(id)
		if f != nil {
			return nil, f
		}
		m := &message{files: files, text: stored(c.str("initial_comment"))}
		if m.text == "" {
			if f := s.composeBlocks(c, m); f != nil {
				return nil, f
			}
		}
		if f := s.override(c, m); f != nil {
			return nil, f
		}
		if f := s.thread(c, ch, m); f != nil {
			return nil, f
		}
		posts[ch] = m
	}
	for ch, m := range posts {
		s.ours(m)
		m.subtype, m.ts = "file_share", s.stamp()
		s.share(ch, m)
	}
	answer := []any{}
	for _, f := range files {
		f.completed = true
		answer = append(answer, object{"id": f.id, "title": f.title})
	}
	return object{"files": answer}, nil
}

// share adds a message with files to its channel.
func (s *Server) share(ch *channel, m *message) []*delivery {
	for _, f := range m.files {
		f.channels = append(f.channels, ch.ID)
		f.shares[ch.ID] = append(f.shares[ch.ID], m.ts)
	}
	return s.add(ch, m)
}

// filesDelete deletes a file of the app's own.
func (s *Server) filesDelete(c *call) (object, *failure) {
	f := s.file(c.str("file"))
	switch {
	case f == nil || !s.mayRead(f):
		return nil, failed("file_not_found")
	case f.gone:
		return nil, failed("file_deleted")
	case f.user != BotUser:
		return nil, failed("cant_delete_file")
	}
	f.gone = true
	return object{}, nil
}

func (s *Server) filesInfo(c *call) (object, *failure) {
	f := s.file(c.str("file"))
	switch {
	case f == nil || !s.mayRead(f):
		return nil, failed("file_not_found")
	case f.gone:
		return nil, failed("file_deleted")
	}
	was := f.hidden
	f.hidden = false // whoever asks for a file of another workspace gets all of it
	o := s.fileObject(f)
	f.hidden = was
	return object{"file": o, "comments": []any{}, "response_metadata": object{"next_cursor": ""}}, nil
}

// mayRead reports whether the app wrote a file or is where it was shared.
func (s *Server) mayRead(f *file) bool {
	return f.user == BotUser || slices.ContainsFunc(f.channels, func(id string) bool { return s.channel(id).member(BotUser) })
}

// fileObject is a file as messages and files.info show it.
func (s *Server) fileObject(f *file) object {
	if f.gone {
		return object{"id": f.id, "mode": "tombstone"}
	}
	if f.hidden { // shared from another workspace: files.info tells the rest
		return object{"id": f.id, "mode": "file_access", "file_access": "check_file_info"}
	}
	link := s.URL + "/files-pri/" + TeamID + "-" + f.id + "/" + url.PathEscape(f.name)
	public, private := object{}, object{}
	for id, all := range f.shares {
		var list []any
		for _, ts := range all {
			list = append(list, object{"ts": ts, "team_id": TeamID})
		}
		if s.channel(id).Kind == Public {
			public[id] = list
		} else {
			private[id] = list
		}
	}
	return object{
		"id": f.id, "name": f.name, "title": f.title, "mimetype": f.mime, "filetype": strings.TrimPrefix(path.Ext(f.name), "."),
		"user": f.user, "user_team": TeamID, "size": f.size, "mode": "hosted", "is_external": false, "is_public": len(public) > 0,
		"file_access": "visible", "url_private": link, "url_private_download": link + "?download=1", "permalink": s.URL + "/files/" + f.id,
		"shares": object{"public": public, "private": private}, "created": 1700000000, "timestamp": 1700000000,
	}
}

// serveFile gives the bytes to who has a bot token with files:read; everybody else gets the sign-in page, with 200.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	fault := s.ordered("download", "")
	_, id, _ := strings.Cut(r.PathValue("id"), "-")
	f := s.file(id)
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	allowed := token == s.config.BotToken && s.revoked == "" && s.scoped("files:read")
	var body []byte
	if f != nil && !f.gone && s.mayRead(f) {
		body = f.bytes
	}
	if !allowed {
		s.record("download", "a file was asked for without a token that may read it")
	}
	s.mu.Unlock()
	if fault != nil && s.broken(w, r, *fault) {
		return
	}
	switch {
	case !allowed:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<!DOCTYPE html><title>Sign in | Slack</title>")
	case body == nil:
		http.NotFound(w, r)
	default:
		w.Header().Set("Content-Type", f.mime)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	}
}
