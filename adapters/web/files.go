package web

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"time"

	"standleitung/bot"
)

// uploadLimit is how long an upload may take, on the same machine.
const uploadLimit = 30 * time.Second

// attached is a file of a post. Without an address and without bytes here it can only be named.
type attached struct {
	Name string `json:"name,omitempty"`
	Size int64  `json:"size,omitempty"` // bytes; 0 when unknown
	URL  string `json:"url,omitempty"`
	// Hash names the bytes, where the chat has them; Image is set when they are a picture that the page shows.
	Hash  string `json:"hash,omitempty"`
	Image bool   `json:"image,omitempty"`
	// Note says why it is only named. Gone stands in place of a file, or of several, when there is nothing to name.
	Note string `json:"note,omitempty"`
	Gone string `json:"gone,omitempty"`
	// Of is what the file is called where it was written, so that an edit need not fetch it again.
	Of string `json:"of,omitempty"`
}

// upload stores a file that is about to be sent, and answers with its hash. Nobody sees it before a post refers to it.
func (a *Adapter) upload(w http.ResponseWriter, r *http.Request) {
	p, ok := a.personOf(w, r, r.URL.Query().Get("person"))
	if !ok {
		return
	}
	name := bot.FileName(r.URL.Query().Get("name"))
	if r.Header.Get("Content-Type") != "application/octet-stream" {
		a.refuse(w, r, p, &fault{http.StatusUnsupportedMediaType, "not_bytes", texts().badRequest})
		return
	}
	// Whoever stops in the middle does not keep the program from ending.
	late := time.AfterFunc(uploadLimit, func() { _ = http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0)) })
	defer late.Stop()
	// The store reads a byte more than it takes; the rest is drained so that the answer arrives.
	k, err := a.store.put(r.Body)
	switch {
	case errors.Is(err, errTooLarge):
		_, _ = io.CopyN(io.Discard, r.Body, maxDrain)
		a.refuse(w, r, p, &fault{http.StatusRequestEntityTooLarge, "file_too_large", texts().fileTooLarge.With("name", name, "most", bot.SizeText(maxFile, p.voice()))})
		return
	case errors.Is(err, errNoFolder):
		a.refuse(w, r, p, &fault{http.StatusNotFound, "no_files", texts().noFiles})
		return
	case err != nil:
		a.log.ErrorContext(r.Context(), "cannot store a file", "error", err)
		a.refuse(w, r, p, &fault{http.StatusServiceUnavailable, "not_stored", texts().fileNotStored.With("name", name)})
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"hash": k.hash, "size": k.size})
}

// sentFile is a file as the page names it in what it sends: uploaded before.
type sentFile struct {
	Hash string `json:"hash"`
	Name string `json:"name"`
}

// attach makes sure that the files of a message are there, and stay.
func (a *Adapter) attach(place bot.Place, files []sentFile) (list []attached, err error) {
	switch {
	case len(files) == 0:
		return nil, nil
	case place.Direct:
		return nil, &fault{http.StatusBadRequest, "files_in_rooms", texts().filesInRooms}
	case len(files) > mostSent:
		return nil, &fault{http.StatusRequestEntityTooLarge, "too_many_files", texts().tooManyFiles.With("most", mostSent)}
	}
	for _, f := range files {
		name := bot.FileName(f.Name)
		k, err := a.store.promise(f.Hash)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, &fault{http.StatusConflict, "file_gone", texts().fileGone.With("name", name)}
		case err != nil:
			return nil, err
		}
		list = append(list, attached{Name: name, Size: k.size, Hash: k.hash, Image: k.image != ""})
	}
	return list, nil
}

// filesOf are the files of a post that was written here, as the core gets them.
func filesOf(list []attached) []bot.File {
	var files []bot.File
	for _, f := range list {
		files = append(files, bot.File{Name: f.Name, Size: f.Size, ID: f.Hash})
	}
	return files
}

// OpenFile returns the bytes of a file that was sent here.
func (a *Adapter) OpenFile(_ context.Context, f bot.File) (io.ReadCloser, error) {
	file, err := a.store.open(f.ID)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil, bot.ErrNoFile
	} else if err != nil {
		return nil, err
	}
	return file, nil
}

// bring fetches the files of a copy and stores them here. An error means that the delivery is to be tried again.
func (a *Adapter) bring(ctx context.Context, d bot.Delivery) (list []attached, missing []string, err error) {
	var before []attached
	if len(d.IDs) > 0 {
		before = a.chat.filesOf(d.IDs[0])
	}
	for _, f := range d.Copy.Files {
		one := attached{Name: bot.FileName(f.Name), Size: f.Size, URL: f.URL, Note: f.Note}
		if f.Open == nil {
			list = append(list, one)
			continue
		}
		one.URL, one.Of = "", bot.Compose(f.ID, f.URL, f.Name)
		if known := fetched(before, one.Of); known.Hash != "" {
			if _, err := a.store.promise(known.Hash); err == nil {
				list = append(list, known)
				continue
			}
		}
		k, err := a.fetch(ctx, f)
		switch {
		case errors.Is(err, bot.ErrNoFile):
			one, missing = attached{Gone: f.Missed(d.Voice)}, append(missing, f.Name)
		case errors.Is(err, errTooLarge), errors.Is(err, errNoFolder):
			one.Of, one.Note = "", texts().notAsFile.In(d.Voice, "most", bot.SizeText(maxFile, d.Voice))
		case err != nil:
			return nil, nil, err
		default:
			one.Size, one.Hash, one.Image = k.size, k.hash, k.image != ""
		}
		list = append(list, one)
	}
	if d.Copy.More != "" {
		list = append(list, attached{Gone: d.Copy.More})
	}
	return list, missing, nil
}

func fetched(list []attached, of string) attached {
	for _, f := range list {
		if f.Of == of {
			return f
		}
	}
	return attached{}
}

func (a *Adapter) fetch(ctx context.Context, f bot.File) (k kept, err error) {
	bytes, err := f.Open(ctx)
	if err != nil {
		return k, err
	}
	defer func() { err = errors.Join(err, bytes.Close()) }()
	return a.store.put(bytes)
}

// serveFile answers with the bytes of a file to somebody who can see a post with it. A picture is shown, everything
// else is kept by the browser: never is a page of ours made of what somebody sent.
func (a *Adapter) serveFile(w http.ResponseWriter, r *http.Request) {
	p, ok := a.personOf(w, r, r.URL.Query().Get("person"))
	if !ok {
		return
	}
	hash, name := r.PathValue("hash"), r.PathValue("name")
	if !a.chat.shares.sees(p.ID, hash, name) {
		a.noFile(w, p, name)
		return
	}
	file, err := a.store.open(hash)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			a.log.ErrorContext(r.Context(), "cannot read a file", "error", err)
		}
		a.noFile(w, p, name)
		return
	}
	defer func() { _ = file.Close() }()
	image, err := imageOf(file)
	if err != nil {
		a.noFile(w, p, name)
		return
	}
	h := w.Header()
	how := "inline"
	if h.Set("Content-Type", image); image == "" {
		how = "attachment"
		h.Set("Content-Type", "application/octet-stream")
	}
	h.Set("Content-Disposition", mime.FormatMediaType(how, map[string]string{"filename": name}))
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", `"`+hash+`"`)
	http.ServeContent(w, r, "", time.Time{}, file)
}

// noFile says in words that a file is not there, or not for this person: it makes no difference which.
func (a *Adapter) noFile(w http.ResponseWriter, p *Person, name string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNotFound)
	_, _ = io.WriteString(w, texts().fileNotThere.In(p.voice(), "name", bot.FileName(name))+"\n")
}

// sweep removes the bytes that no post refers to any more.
func (a *Adapter) sweep(ctx context.Context) {
	a.store.fulfil(a.chat.shares.needs)
	left, err := a.store.remove(a.chat.shares.orphans())
	a.chat.shares.orphaned(left)
	if err != nil {
		a.log.WarnContext(ctx, "cannot remove files that nobody needs", "error", err)
	}
}
