package slack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"standleitung/adapters/duty"
	"standleitung/bot"
	"standleitung/bot/say"
)

// The files of a copy go out in three steps, so that nothing is shown before everything is known: their bytes are uploaded,
// which nobody sees; the text is posted, with the names of those that cannot come along; then all files are shared in one
// message below it, signed with the author's name. That message has no metadata of ours, and its answer names no ts: which
// files it has is kept before, and where they went is asked of Slack.

// told is a file that does not come along: it is told of.
type told struct {
	name, url string
	// note says why it does not come along; text stands for the whole of it.
	note, text string
}

// parcel are the files of a copy on their way.
type parcel struct {
	told    []told
	missing []string
	fresh   []upload // uploaded, and shown to nobody yet
	names   []string // of what comes along, with sizes
}

// upload is a file whose bytes are at Slack.
type upload struct {
	id, name string
	of       string // see [origin]
}

// textTime is what is left of a delivery's time for the text when its files take too long: then they are only named.
const textTime = 20 * time.Second

// maxUnsized bounds a file whose size nobody said: Slack wants to know it first, so it is read before.
const maxUnsized = 8 << 20

// origin is what a file is called where it was written, short enough for an id.
func origin(f bot.File) string {
	sum := sha256.Sum256([]byte(bot.Compose(f.ID, f.URL, f.Name)))
	return hex.EncodeToString(sum[:8])
}

// pack uploads the files of a copy that are not shown yet. An error means that nothing was shown, and that it is to be tried
// again.
func (a *Adapter) pack(ctx context.Context, d bot.Delivery, shown map[string]string) (p parcel, err error) {
	if d.Copy == nil {
		return p, nil
	}
	if late, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, late.Add(-textTime))
		defer cancel()
	}
	for _, f := range d.Copy.Files {
		f.Name = bot.FileName(f.Name)
		if f.Open == nil {
			p.told = append(p.told, toldFile(f, f.Note, d.Voice))
			continue
		}
		of := origin(f)
		if shown[of] != "" {
			p.names = append(p.names, f.Label(d.Voice))
			continue
		}
		id, note, err := a.upload(ctx, f, d.Voice)
		switch {
		case errors.Is(err, bot.ErrNoFile):
			p.missing = append(p.missing, f.Name)
			p.told = append(p.told, told{text: f.Missed(d.Voice)})
		case err != nil:
			return p, err
		case note != "":
			p.told = append(p.told, toldFile(f, note, d.Voice))
		default:
			p.fresh = append(p.fresh, upload{id, f.Name, of})
			p.names = append(p.names, f.Label(d.Voice))
		}
	}
	if d.Copy.More != "" {
		p.told = append(p.told, told{text: d.Copy.More})
	}
	return p, nil
}

func toldFile(f bot.File, note string, v say.Voice) told {
	return told{name: f.Label(v), url: f.URL, note: note}
}

// upload brings the bytes of a file to Slack and returns its id there, or a note why it stays behind.
func (a *Adapter) upload(ctx context.Context, f bot.File, v say.Voice) (id, note string, err error) {
	slow := say.T("Nicht als Datei: Die Übertragung dauert zu lange", "Not as a file: it takes too long to transfer").In(v)
	body, err := f.Open(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return "", slow, nil
	case err != nil:
		return "", "", unavailable(err)
	}
	defer func() { _ = body.Close() }()
	counted := &counter{Reader: body}
	if f.Size <= 0 {
		if f.Size, note, err = counted.measure(v); err != nil || note != "" {
			return "", note, unavailable(err)
		}
	}
	ticket, err := a.api.GetUploadURLExternalContext(ctx, slack.GetUploadURLExternalParameters{FileName: f.Name, FileSize: int(f.Size)})
	switch a.health.api(err); {
	case err != nil && ctx.Err() != nil:
		return "", slow, nil
	case err != nil:
		return refused(err, v)
	}
	err = a.files.UploadToURL(ctx, slack.UploadToURLParameters{UploadURL: ticket.UploadURL, Reader: counted, Filename: f.Name})
	switch {
	case err != nil && ctx.Err() != nil:
		return "", slow, nil
	case counted.err != nil:
		return "", "", unavailable(counted.err)
	case counted.n != f.Size:
		return "", "", bot.ErrNoFile // what is there now is not what was sent
	case err != nil:
		return refused(err, v)
	}
	return ticket.FileID, "", nil
}

// unavailable is what became of a file that could not be read.
func unavailable(err error) error {
	if err == nil || errors.Is(err, bot.ErrNoFile) {
		return err
	}
	return &bot.SendError{Fate: bot.Retry, Reason: "file_unavailable", Err: err}
}

// refused tells a file that Slack does not take, of which a note is made, from one that it may take later.
func refused(err error, v say.Voice) (id, note string, _ error) {
	if e := harmless(err); e.Fate == bot.Retry && !isScope(e.Reason) {
		return "", "", e
	}
	return "", say.T("Nicht als Datei: von Slack nicht angenommen", "Not as a file: not accepted by Slack").In(v), nil
}

// counter counts what is read, and remembers why it ended before its end.
type counter struct {
	io.Reader
	n   int64
	err error
}

// Read reads.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err
}

// measure reads a file whose size nobody said, to be read once more; the note says why it stays behind.
func (c *counter) measure(v say.Voice) (size int64, note string, err error) {
	data, err := io.ReadAll(io.LimitReader(c.Reader, maxUnsized+1))
	switch {
	case err != nil:
		return 0, "", err
	case len(data) == 0:
		return 0, say.T("Nicht als Datei: leer", "Not as a file: empty").In(v), nil
	case len(data) > maxUnsized:
		text := say.T("Nicht als Datei: zu groß, höchstens {most}", "Not as a file: too large, {most} at most")
		return 0, text.In(v, "most", bot.SizeText(maxUnsized, v)), nil
	}
	c.Reader = bytes.NewReader(data)
	return int64(len(data)), "", nil
}

// sharing is what is kept of files that are about to be shared.
type sharing struct {
	At time.Time `json:"at"`
	// Files are their ids by origin.
	Files map[string]string `json:"files"`
}

// sharingKey begins the keys under which it is kept.
const sharingKey = "files/"

func sharingOf(post string) string {
	sum := sha256.Sum256([]byte(post))
	return sharingKey + hex.EncodeToString(sum[:16])
}

// share shows what was uploaded in a channel or a thread, and returns the ids of the files and of their message.
func (a *Adapter) share(ctx context.Context, channel string, d bot.Delivery, files []upload) ([]string, error) {
	s := sharing{At: a.now(), Files: map[string]string{}}
	type summary struct {
		ID    string `json:"id"`
		Title string `json:"title"`
	}
	var list []summary
	for _, f := range files {
		s.Files[f.of] = f.id
		list = append(list, summary{f.id, f.name})
	}
	value, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	if err := a.shift.Inside().Keep(ctx, bot.Kept{Key: sharingOf(d.Post), Value: value}); err != nil {
		return nil, &bot.SendError{Fate: bot.Retry, Reason: "not_kept", Err: err}
	}
	raw, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	form := url.Values{"files": {string(raw)}, "channel_id": {channel}, "username": {authorName(d.Copy.Author, d.Voice)}}
	if d.Place.Thread != "" {
		form.Set("thread_ts", d.Place.Thread)
	}
	err = a.web.call(ctx, "files.completeUploadExternal", form, &struct{}{})
	if a.note(channel, err); err != nil {
		return nil, fmt.Errorf("share files: %w", err)
	}
	return a.bundleIDs(ctx, channel, s.Files), nil
}

// bundleIDs are the ids of files that are shown in a channel, by origin, and of the messages that show them.
func (a *Adapter) bundleIDs(ctx context.Context, channel string, files map[string]string) (ids []string) {
	messages := map[string]bool{}
	for _, of := range slices.Sorted(maps.Keys(files)) {
		ids = append(ids, ref{file: files[of], of: of}.String())
		if len(messages) == 0 { // they were shared together
			if ts := a.sharedAt(ctx, channel, files[of], sharingPauses); ts != "" {
				messages[ts] = true
			}
		}
	}
	for _, ts := range slices.Sorted(maps.Keys(messages)) {
		ids = append(ids, ref{ts: ts}.String())
	}
	return ids
}

// sharingPauses are how long to wait for Slack, which shares after it answered.
var sharingPauses = []time.Duration{0, 200 * time.Millisecond, time.Second}

// sharedAt is the message in a channel that shows a file; empty when there is none yet, or nobody can say.
func (a *Adapter) sharedAt(ctx context.Context, channel, id string, pauses []time.Duration) string {
	for _, pause := range pauses {
		if !duty.Sleep(ctx, pause) {
			return ""
		}
		info, _, _, err := a.api.GetFileInfoContext(ctx, id, 0, 0)
		if a.health.api(err); err != nil || info == nil {
			return ""
		}
		for _, where := range []map[string][]slack.ShareFileInfo{info.Shares.Public, info.Shares.Private} {
			for _, s := range where[channel] {
				if validTS(s.Ts) {
					return s.Ts
				}
			}
		}
	}
	return ""
}

// sharedBefore are the files of a post that an earlier try has shown, by origin.
func (a *Adapter) sharedBefore(ctx context.Context, channel, post string) (map[string]string, error) {
	kept, err := a.shift.Inside().Kept(ctx, sharingOf(post))
	if err != nil {
		return nil, err
	}
	for _, k := range kept {
		var s sharing
		if json.Unmarshal(k.Value, &s) != nil {
			continue
		}
		for _, id := range s.Files {
			if a.sharedAt(ctx, channel, id, sharingPauses[:1]) != "" {
				return s.Files, nil
			}
			break // they are shared together
		}
	}
	return nil, nil
}

// bundle is a message of files that were shared together.
type bundle struct {
	files    []ref
	messages []ref
}

// bundlesOf are those among the ids of a post, and the messages of its text.
func bundlesOf(ids []string) (texts []ref, bundles []bundle) {
	for _, id := range ids {
		r, ok := parseRef(id)
		n := len(bundles)
		switch {
		case !ok || r.fleeting:
		case r.file != "" && (n == 0 || len(bundles[n-1].messages) > 0):
			bundles = append(bundles, bundle{files: []ref{r}})
		case r.file != "":
			bundles[n-1].files = append(bundles[n-1].files, r)
		case n > 0:
			bundles[n-1].messages = append(bundles[n-1].messages, r)
		default:
			texts = append(texts, r)
		}
	}
	return texts, bundles
}

// shownOf are the files of bundles, by origin.
func shownOf(bundles []bundle) map[string]string {
	shown := map[string]string{}
	for _, b := range bundles {
		for _, f := range b.files {
			shown[f.of] = f.file
		}
	}
	return shown
}

// prune removes the files that a copy has no more, and returns the ids of what is left.
func (a *Adapter) prune(ctx context.Context, channel string, c *bot.Copy, bundles []bundle) (left []string, err error) {
	stays := map[string]bool{}
	for _, f := range c.Files {
		f.Name = bot.FileName(f.Name)
		stays[origin(f)] = true
	}
	var gone []string
	for _, b := range bundles {
		keep := slices.ContainsFunc(b.files, func(f ref) bool { return stays[f.of] })
		for _, f := range b.files {
			if stays[f.of] {
				left = append(left, f.String())
			} else {
				gone = append(gone, f.String())
			}
		}
		for _, m := range b.messages {
			if keep {
				left = append(left, m.String())
			} else {
				gone = append(gone, m.String())
			}
		}
	}
	return left, a.remove(ctx, channel, gone)
}

// forgetSharings forgets what was shared so long ago that nobody asks any more whether it was.
func (a *Adapter) forgetSharings(ctx context.Context, core bot.Core) {
	kept, err := core.Kept(ctx, sharingKey)
	if err != nil {
		return // the next look does it
	}
	var old []bot.Kept
	for _, k := range kept {
		var s sharing
		if json.Unmarshal(k.Value, &s) != nil || a.now().Sub(s.At) > lookBack {
			old = append(old, bot.Kept{Key: k.Key})
		}
	}
	if len(old) > 0 {
		_ = core.Keep(ctx, old...) // the next look does it
	}
}
