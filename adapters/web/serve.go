package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"path"
	"strings"
	"time"

	"standleitung/bot/say"
)

//go:embed page
var pageFiles embed.FS

// policy lets the page load its own files and talk to its own origin, and nothing else. Without Trusted Types there is
// no way from a text to markup, not even by mistake.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// file is a file of the page.
type file struct {
	kind, tag string
	data      []byte
}

// loadFiles reads the files of the page by name.
func loadFiles() (map[string]file, error) {
	kinds := map[string]string{
		".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
		".svg": "image/svg+xml", ".woff2": "font/woff2", ".txt": "text/plain; charset=utf-8",
	}
	files := map[string]file{}
	err := fs.WalkDir(pageFiles, "page", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := pageFiles.ReadFile(name)
		if err != nil {
			return err
		}
		kind, ok := kinds[path.Ext(name)]
		if !ok {
			return fmt.Errorf("file %s is of no known kind", name)
		}
		sum := sha256.Sum256(data)
		files[path.Base(name)] = file{kind, `"` + hex.EncodeToString(sum[:8]) + `"`, data}
		return nil
	})
	return files, err
}

// Routes serves "/" and everything below "/chat/"; all else is not found.
func (a *Adapter) Routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.index)
	mux.HandleFunc("GET /chat/{file}", func(w http.ResponseWriter, r *http.Request) { a.file(w, r, r.PathValue("file")) })
	mux.HandleFunc("GET /chat/setup", a.running(a.tellSetup))
	mux.HandleFunc("GET /chat/snapshot", a.running(a.snapshot))
	mux.HandleFunc("GET /chat/events", a.running(a.events))
	mux.HandleFunc("POST /chat/file", a.running(a.upload))
	mux.HandleFunc("GET /chat/file/{hash}/{name}", a.running(a.serveFile))
	mux.HandleFunc("POST /chat/say", a.act(said))
	mux.HandleFunc("POST /chat/edit", a.act(edited))
	mux.HandleFunc("POST /chat/delete", a.act(deleted))
	mux.HandleFunc("POST /chat/react", a.act(reacted))
	mux.HandleFunc("POST /chat/shortcut", a.act(shortcut))
	mux.HandleFunc("POST /chat/press", a.act(pressed))
	mux.HandleFunc("POST /chat/submit", a.act(submitted))
	mux.HandleFunc("POST /chat/open", a.act(opened))
	mux.HandleFunc("GET /chat/scene", a.running(a.tellScene))
	mux.HandleFunc("POST /chat/scene", a.running(a.directScene))
	return a.local(harden(mux))
}

// harden sets the headers that keep other sites and the browser's guesses out.
func harden(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// index serves the page. While the chat does not run the page says so, and comes back by itself.
func (a *Adapter) index(w http.ResponseWriter, r *http.Request) {
	if a.shift.Open() {
		a.file(w, r, "index.html")
		return
	}
	page := a.files["index.html"]
	w.Header().Set("Retry-After", "2")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", page.kind)
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write(page.data)
}

// file serves a file of the page. The browser asks each time whether it changed, so that an update shows at once.
func (a *Adapter) file(w http.ResponseWriter, r *http.Request, name string) {
	f, ok := a.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", f.tag)
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(f.data))
}

// running lets requests in while the chat runs.
func (a *Adapter) running(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, ok := a.shift.Enter(); !ok {
			a.refuse(w, r, nil, &fault{http.StatusServiceUnavailable, "not_running", texts().notRunning})
			return
		}
		defer a.shift.Leave()
		next(w, r)
	}
}

// personOf returns the person of a request, or answers that there is none.
func (a *Adapter) personOf(w http.ResponseWriter, r *http.Request, id string) (*Person, bool) {
	p, ok := a.people[id]
	if !ok {
		a.refuse(w, r, nil, &fault{http.StatusNotFound, "unknown_person", texts().unknownPerson})
	}
	return p, ok
}

// snapshot answers with everything that a person sees now.
func (a *Adapter) snapshot(w http.ResponseWriter, r *http.Request) {
	if p, ok := a.personOf(w, r, r.URL.Query().Get("person")); ok {
		writeJSON(w, http.StatusOK, a.chat.look(p.ID))
	}
}

// tellSetup answers with rooms, people and the texts of the page.
func (a *Adapter) tellSetup(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(a.setup)
}

// refuse answers with a fault, in the language of the person, or of the browser when nobody is known.
func (a *Adapter) refuse(w http.ResponseWriter, r *http.Request, p *Person, err error) {
	f := &fault{http.StatusInternalServerError, "internal", texts().internal}
	if !errors.As(err, &f) {
		a.log.ErrorContext(r.Context(), "cannot answer the page", "error", err)
	}
	voice := say.Voice{Language: say.German}
	switch {
	case p != nil:
		voice = p.voice()
	case strings.HasPrefix(r.Header.Get("Accept-Language"), "en"):
		voice.Language = say.English
	}
	if f.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	var body struct {
		Error struct {
			Code string `json:"code"`
			Text string `json:"text"`
		} `json:"error"`
	}
	body.Error.Code, body.Error.Text = f.code, f.text.In(voice, "max", maxText)
	writeJSON(w, f.status, body)
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the page is gone when this fails, and asks again
}

// checkHost refuses a further host that does not name this machine.
func checkHost(h string) error {
	name, _, err := net.SplitHostPort(h)
	if err != nil || !loopbackName(name) {
		return fmt.Errorf("host %q: only localhost, 127.0.0.1 and [::1] with a port are answered", h)
	}
	return nil
}
