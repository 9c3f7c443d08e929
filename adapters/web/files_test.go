package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"standleitung/adapters/adaptertest"
	"standleitung/adapters/web"
	"standleitung/bot"
	"standleitung/bot/markup"
)

// Files on the platform of adaptertest.

// uploads sends the bytes of files ahead, as the page does.
func (b *browser) uploads(person string, files []adaptertest.Upload) []map[string]any {
	var list []map[string]any
	for _, f := range files {
		r, err := http.NewRequestWithContext(b.ctx, http.MethodPost, b.host.url("/chat/file?"+url.Values{"person": {person}, "name": {f.Name}}.Encode()), bytes.NewReader(f.Data))
		if err != nil {
			b.t.Error(err)
			return nil
		}
		r.Header.Set("Content-Type", "application/octet-stream")
		resp, err := b.client.Do(r)
		if err != nil {
			b.t.Error(err)
			return nil
		}
		var answer struct{ Hash string }
		if err := errors.Join(json.NewDecoder(resp.Body).Decode(&answer), resp.Body.Close()); err != nil {
			b.t.Error(err)
		}
		list = append(list, map[string]any{"hash": answer.Hash, "name": f.Name})
	}
	return list
}

// files are what can be opened of the files of a post; what is only named is added to its text.
func (b *browser) files(person, text string, list []shownFile) (string, []adaptertest.Upload) {
	var files []adaptertest.Upload
	for _, f := range list {
		if f.Hash == "" {
			text += "\n" + strings.TrimSpace(f.Note+"\n"+f.Name+f.Gone)
			continue
		}
		r, err := http.NewRequestWithContext(b.ctx, http.MethodGet, b.host.url(fileURL(person, f.Hash, f.Name)), nil)
		if err != nil {
			b.t.Error(err)
			return text, nil
		}
		resp, err := b.client.Do(r)
		if err != nil {
			b.t.Error(err)
			return text, nil
		}
		data, err := io.ReadAll(resp.Body)
		if err := errors.Join(err, resp.Body.Close()); err != nil || resp.StatusCode != http.StatusOK {
			b.t.Errorf("file %q: %d, %v", f.Name, resp.StatusCode, err)
		}
		files = append(files, adaptertest.Upload{Name: f.Name, Data: data})
	}
	return text, files
}

func fileURL(person, hash, name string) string {
	return "/chat/file/" + hash + "/" + url.PathEscape(name) + "?person=" + person
}

// drawer is an adapter with a folder for files.
type drawer struct {
	*direct
	t      *testing.T
	a      *web.Adapter
	folder string
	config web.Config
	clock  *clock
	stop   func()
}

func newDrawer(t *testing.T) *drawer {
	t.Helper()
	clock := newClock()
	c := config(clock.Now)
	c.Hosts, c.Files = []string{ownHost}, filepath.Join(t.TempDir(), "files")
	d := &drawer{t: t, folder: c.Files, config: c, clock: clock, direct: &direct{t: t, core: adaptertest.NewCore()}}
	d.start()
	return d
}

func (d *drawer) start() {
	d.a = newAdapter(d.t, d.config)
	d.stop = run(d.t, d.a, d.core)
	d.routes = d.a.Routes()
}

// put uploads something and returns its hash.
func (d *drawer) put(name string, data []byte) string {
	d.t.Helper()
	w := d.ask(http.MethodPost, "/chat/file?person=mara&name="+url.QueryEscape(name), data, asBytes)
	var r struct{ Hash string }
	if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil || w.Code != http.StatusOK {
		d.t.Fatalf("upload of %q: %d %s", name, w.Code, w.Body)
	}
	return r.Hash
}

func asBytes(r *http.Request) { r.Header.Set("Content-Type", "application/octet-stream") }

// send says something with a file as Mara, and returns its id.
func (d *drawer) send(place, hash, name string) string {
	d.t.Helper()
	id := pageID()
	code, r := d.say(map[string]any{"person": "mara", "id": id, "place": place, "text": "", "files": []map[string]any{{"hash": hash, "name": name}}})
	if code != http.StatusOK {
		d.t.Fatalf("say: %d %+v", code, r)
	}
	d.settled(id)
	return id
}

// settled waits until a post is to be seen.
func (d *drawer) settled(id string) {
	d.t.Helper()
	d.until(func() bool {
		return strings.Contains(d.ask(http.MethodGet, "/chat/snapshot?person=mara", nil, nil).Body.String(), id)
	})
}

func (d *drawer) until(ok func() bool) {
	d.t.Helper()
	late := time.After(patience)
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for !ok() {
		select {
		case <-look.C:
		case <-late:
			d.t.Fatal("waited in vain")
		}
	}
}

// change edits or deletes a post of Mara's.
func (d *drawer) change(act, place, id string) {
	d.t.Helper()
	data, err := json.Marshal(map[string]any{"person": "mara", "id": pageID(), "place": place, "post": id, "text": "geändert"})
	if err != nil {
		d.t.Fatal(err)
	}
	if w := d.ask(http.MethodPost, "/chat/"+act, data, nil); w.Code != http.StatusOK {
		d.t.Fatalf("%s: %d %s", act, w.Code, w.Body)
	}
}

func (d *drawer) get(person, hash, name string) (int, http.Header, string) {
	w := d.ask(http.MethodGet, fileURL(person, hash, name), nil, nil)
	return w.Code, w.Header(), w.Body.String()
}

// onDisk are the names in the folder.
func (d *drawer) onDisk() []string {
	d.t.Helper()
	all, err := os.ReadDir(d.folder)
	if err != nil {
		d.t.Fatal(err)
	}
	names := []string{}
	for _, one := range all {
		names = append(names, one.Name())
	}
	return names
}

const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"

func TestFileIsServedAsWhatItIs(t *testing.T) {
	d := newDrawer(t)
	for _, c := range []struct{ name, data, kind, how string }{
		{"bild.png", png, "image/png", "inline; filename=bild.png"},
		{"bild.html", png, "image/png", "inline; filename=bild.html"},
		{"foto.jpg", "\xff\xd8\xff\xe0", "image/jpeg", "inline; filename=foto.jpg"},
		{"g.gif", "GIF89a", "image/gif", "inline; filename=g.gif"},
		{"w.webp", "RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp", "inline; filename=w.webp"},
		{"bild2.png", "<html><script>window.hit=1</script>", "application/octet-stream", "attachment; filename=bild2.png"},
		{"x.svg", `<svg xmlns="http://www.w3.org/2000/svg" onload="hit()"/>`, "application/octet-stream", "attachment; filename=x.svg"},
		{"x.bmp", "BM\x00\x00", "application/octet-stream", "attachment; filename=x.bmp"},
		{"leer.txt", "", "application/octet-stream", "attachment; filename=leer.txt"},
		{`Größe "1"; a=b.pdf`, "%PDF-1.4", "application/octet-stream", "attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe%20%221%22%3B%20a%3Db.pdf"},
	} {
		hash := d.put(c.name, []byte(c.data))
		if code, _, _ := d.get("ines", hash, c.name); code != http.StatusNotFound {
			t.Errorf("%s: %d before a post has it, want 404", c.name, code)
		}
		d.send("sales", hash, c.name)
		code, h, body := d.get("ines", hash, c.name)
		if code != http.StatusOK || body != c.data {
			t.Errorf("%s: %d %q, want its bytes", c.name, code, body)
		}
		got := []string{h.Get("Content-Type"), h.Get("Content-Disposition"), h.Get("X-Content-Type-Options"), h.Get("Cache-Control")}
		if diff := cmp.Diff([]string{c.kind, c.how, "nosniff", "private, no-cache"}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: no policy", c.name)
		}
	}
}

func TestFileIsServedOnlyWhereItWasSent(t *testing.T) {
	d := newDrawer(t)
	hash := d.put("plan.pdf", []byte("geheim"))
	d.send("sales", hash, "plan.pdf")
	for name, c := range map[string]struct {
		path string
		want int
	}{
		"as it was sent":    {fileURL("ines", hash, "plan.pdf"), http.StatusOK},
		"another name":      {fileURL("ines", hash, "anders.pdf"), http.StatusNotFound},
		"another hash":      {fileURL("ines", strings.Repeat("0", 64), "plan.pdf"), http.StatusNotFound},
		"a short hash":      {fileURL("ines", hash[:8], "plan.pdf"), http.StatusNotFound},
		"a way out":         {"/chat/file/..%2f..%2fetc/passwd?person=ines", http.StatusNotFound},
		"another way out":   {"/chat/file/" + hash + "/..%2f..%2fetc%2fpasswd?person=ines", http.StatusNotFound},
		"nobody":            {"/chat/file/" + hash + "/plan.pdf", http.StatusNotFound},
		"somebody unknown":  {fileURL("eve", hash, "plan.pdf"), http.StatusNotFound},
		"the folder itself": {"/chat/file/" + hash + "/?person=ines", http.StatusNotFound},
	} {
		if w := d.ask(http.MethodGet, c.path, nil, nil); w.Code != c.want {
			t.Errorf("%s: %d %q, want %d", name, w.Code, w.Body, c.want)
		}
	}
	for name, change := range map[string]func(*http.Request){
		"another host":    func(r *http.Request) { r.Host = "evil.example" },
		"another machine": func(r *http.Request) { r.RemoteAddr = "192.0.2.1:40000" },
		"another site":    func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
	} {
		if w := d.ask(http.MethodGet, fileURL("ines", hash, "plan.pdf"), nil, change); w.Code != http.StatusForbidden {
			t.Errorf("%s: %d, want 403", name, w.Code)
		}
		if w := d.ask(http.MethodPost, "/chat/file?person=ines&name=x", []byte("x"), change); w.Code != http.StatusForbidden {
			t.Errorf("upload from %s: %d, want 403", name, w.Code)
		}
	}
}

func TestFileForOnePersonIsServedToNobodyElse(t *testing.T) {
	d := newDrawer(t)
	if _, err := d.a.Send(t.Context(), bot.Delivery{
		Post: "p", Op: bot.OpPost, Revision: 1, Place: web.RoomPlace("pr"), Reader: "ines",
		Copy: &bot.Copy{Author: bot.Author{Name: "Mara"}, Body: markup.FromPlain("nur für Ines"), Files: []bot.File{fileElsewhere("x.pdf", "geheim")}},
	}); err != nil {
		t.Fatal(err)
	}
	var hash string
	d.until(func() bool {
		hash = between(d.ask(http.MethodGet, "/chat/snapshot?person=ines", nil, nil).Body.String(), `"hash":"`)
		return hash != ""
	})
	if code, _, body := d.get("ines", hash, "x.pdf"); code != http.StatusOK || body != "geheim" {
		t.Errorf("the reader gets %d %q", code, body)
	}
	if code, _, body := d.get("jan", hash, "x.pdf"); code != http.StatusNotFound || strings.Contains(body, "geheim") {
		t.Errorf("somebody else gets %d %q", code, body)
	}
}

// between is what stands between a beginning and the next quotation mark.
func between(s, begin string) string {
	_, rest, _ := strings.Cut(s, begin)
	found, _, _ := strings.Cut(rest, `"`)
	return found
}

func TestUploadIsBounded(t *testing.T) {
	d := newDrawer(t)
	if w := d.ask(http.MethodPost, "/chat/file?person=mara&name=genau.bin", make([]byte, 10<<20), asBytes); w.Code != http.StatusOK {
		t.Errorf("10 MiB: %d %s", w.Code, w.Body)
	}
	w := d.ask(http.MethodPost, "/chat/file?person=jan&name="+url.QueryEscape("a/zu <groß>.bin"), make([]byte, 10<<20+1), asBytes)
	var r reply
	if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if want := "“zu <groß>.bin” is too large: 10 MB per file at most. Nothing was sent; the text stays."; w.Code != http.StatusRequestEntityTooLarge || r.Error.Text != want {
		t.Errorf("a byte more: %d %q, want %q", w.Code, r.Error.Text, want)
	}
	for name, c := range map[string]struct {
		path   string
		change func(*http.Request)
		want   int
	}{
		"nobody":       {"/chat/file?name=x", asBytes, http.StatusNotFound},
		"no bytes":     {"/chat/file?person=mara&name=x", nil, http.StatusUnsupportedMediaType},
		"wrong method": {"/chat/file/x/y?person=mara", asBytes, http.StatusMethodNotAllowed},
	} {
		if w := d.ask(http.MethodPost, c.path, []byte("x"), c.change); w.Code != c.want {
			t.Errorf("%s: %d, want %d", name, w.Code, c.want)
		}
	}
	if got := d.onDisk(); len(got) != 1 {
		t.Errorf("in the folder are %q, want the one file that was taken", got)
	}
	info, err := os.Stat(d.folder)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder is %v, %v, want it for this user only", info.Mode(), err)
	}
}

func TestSayRefusesFilesInWords(t *testing.T) {
	d := newDrawer(t)
	hash := d.put("a.txt", []byte("a"))
	one := map[string]any{"hash": hash, "name": "a.txt"}
	for name, c := range map[string]struct {
		place string
		files []map[string]any
		want  string
	}{
		"too many":   {"sales", slices.Repeat([]map[string]any{one}, 11), "Zu viele Dateien: höchstens 10 auf einmal. Nichts gesendet."},
		"unknown":    {"sales", []map[string]any{one, {"hash": strings.Repeat("0", 64), "name": "../b.txt"}}, "Die Datei „b.txt“ ist nicht mehr da; nichts gesendet. Bitte wähle sie noch einmal."},
		"a way out":  {"sales", []map[string]any{{"hash": "../../etc/passwd", "name": "b.txt"}}, "Die Datei „b.txt“ ist nicht mehr da; nichts gesendet. Bitte wähle sie noch einmal."},
		"to the bot": {"direct", []map[string]any{one}, "Dateien gehen nur in Räumen; nichts gesendet."},
	} {
		code, r := d.say(map[string]any{"person": "mara", "id": pageID(), "place": c.place, "text": "x", "files": c.files})
		if code == http.StatusOK || r.Error.Text != c.want {
			t.Errorf("%s: %d %q, want %q", name, code, r.Error.Text, c.want)
		}
	}
	if n := len(d.core.Received()); n != 0 {
		t.Errorf("the core got %d messages, want none", n)
	}
}

func TestWithoutFolderNoFiles(t *testing.T) {
	d := newDirect(t)
	if w := d.ask(http.MethodPost, "/chat/file?person=mara&name=x", []byte("x"), asBytes); w.Code != http.StatusNotFound {
		t.Errorf("upload: %d, want 404", w.Code)
	}
	if w := d.ask(http.MethodGet, fileURL("mara", strings.Repeat("0", 64), "x"), nil, nil); w.Code != http.StatusNotFound {
		t.Errorf("download: %d, want 404", w.Code)
	}
	if strings.Contains(d.ask(http.MethodGet, "/chat/setup", nil, nil).Body.String(), "maxFile") {
		t.Error("the page is told that it may send files")
	}
}

func TestDeletedPostLosesItsFile(t *testing.T) {
	d := newDrawer(t)
	hash := d.put("plan.pdf", []byte("einmal"))
	first := d.send("sales", hash, "plan.pdf")
	second := d.send("pr", d.put("kopie.pdf", []byte("einmal")), "kopie.pdf")
	if got := d.onDisk(); len(got) != 1 || got[0] != hash {
		t.Fatalf("in the folder are %q, want the same bytes once", got)
	}
	d.change("edit", "sales", first)
	d.until(func() bool {
		return strings.Contains(d.ask(http.MethodGet, "/chat/snapshot?person=mara", nil, nil).Body.String(), "geändert")
	})
	if code, _, _ := d.get("mara", hash, "plan.pdf"); code != http.StatusOK {
		t.Errorf("after an edit of the text the file is answered with %d", code)
	}
	d.change("delete", "sales", first)
	d.until(func() bool { code, _, _ := d.get("mara", hash, "plan.pdf"); return code == http.StatusNotFound })
	if code, _, _ := d.get("mara", hash, "kopie.pdf"); code != http.StatusOK {
		t.Errorf("the file of the other post is answered with %d", code)
	}
	d.change("delete", "pr", second)
	d.until(func() bool { return len(d.onDisk()) == 0 })
	if _, err := d.a.OpenFile(t.Context(), bot.File{ID: hash}); !errors.Is(err, bot.ErrNoFile) {
		t.Errorf("OpenFile = %v, want ErrNoFile", err)
	}
}

func TestFileThatVanishedFromTheFolderIsWords(t *testing.T) {
	d := newDrawer(t)
	hash := d.put("plan.pdf", []byte("weg"))
	d.send("sales", hash, "plan.pdf")
	if err := os.Remove(filepath.Join(d.folder, hash)); err != nil {
		t.Fatal(err)
	}
	if code, h, body := d.get("jan", hash, "plan.pdf"); code != http.StatusNotFound || body != "The file “plan.pdf” is no longer there.\n" || !strings.HasPrefix(h.Get("Content-Type"), "text/plain") {
		t.Errorf("got %d %s %q, want words", code, h.Get("Content-Type"), body)
	}
	if _, err := d.a.OpenFile(t.Context(), bot.File{ID: hash}); !errors.Is(err, bot.ErrNoFile) {
		t.Errorf("OpenFile = %v, want ErrNoFile", err)
	}
}

func TestFolderIsTidyAfterARestart(t *testing.T) {
	d := newDrawer(t)
	needed := d.put("gebraucht.txt", []byte("gebraucht"))
	d.send("sales", needed, "gebraucht.txt")
	gone := d.put("weg.txt", []byte("weg"))
	id := d.send("sales", gone, "weg.txt")
	fresh := d.put("neu.txt", []byte("neu, noch nicht gesendet"))
	old := d.put("alt.txt", []byte("alt, nie gesendet"))
	d.change("delete", "sales", id)
	d.stop()
	now := d.clock.Now()
	long := now.AddDate(0, 0, -2)
	if err := errors.Join(os.Chtimes(filepath.Join(d.folder, fresh), now, now), os.Chtimes(filepath.Join(d.folder, old), long, long), os.WriteFile(filepath.Join(d.folder, "part-123"), []byte("halb"), 0o600)); err != nil {
		t.Fatal(err)
	}
	d.start()
	want := []string{needed, fresh}
	slices.Sort(want)
	if diff := cmp.Diff(want, d.onDisk()); diff != "" {
		t.Errorf("in the folder (-want +got):\n%s", diff)
	}
	if code, _, body := d.get("ines", needed, "gebraucht.txt"); code != http.StatusOK || body != "gebraucht" {
		t.Errorf("after a restart: %d %q", code, body)
	}
}

func fileElsewhere(name, data string) bot.File {
	return bot.File{Name: name, Size: int64(len(data)), ID: "there-" + name, Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(data)), nil
	}}
}

func TestEditOfACopyFetchesNoFileTwice(t *testing.T) {
	d := newDrawer(t)
	opened := 0
	f := fileElsewhere("x.pdf", "Inhalt")
	open := f.Open
	f.Open = func(ctx context.Context) (io.ReadCloser, error) { opened++; return open(ctx) }
	delivery := bot.Delivery{Post: "p", Op: bot.OpPost, Revision: 1, Place: web.RoomPlace("pr"), Copy: &bot.Copy{
		Author: bot.Author{Name: "Mara"}, Body: markup.FromPlain("eins"), Files: []bot.File{f},
	}}
	for i, text := range []string{"eins", "zwei"} {
		delivery.Copy.Body = markup.FromPlain(text)
		if i > 0 {
			delivery.Op, delivery.Revision = bot.OpEdit, 2
		}
		sent, err := d.a.Send(t.Context(), delivery)
		if err != nil {
			t.Fatal(err)
		}
		delivery.IDs = sent.IDs
		d.until(func() bool {
			return strings.Contains(d.ask(http.MethodGet, "/chat/snapshot?person=mara", nil, nil).Body.String(), fmt.Sprintf("%q", text))
		})
	}
	if opened != 1 {
		t.Errorf("the file was fetched %d times, want once", opened)
	}
	if got := d.onDisk(); len(got) != 1 {
		t.Errorf("in the folder are %q, want one file", got)
	}
}
