package bot

import (
	"context"
	"errors"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"standleitung/bot/markup"
	"standleitung/bot/say"
)

const (
	// mostFiles is how many files of one message go along as files; the others are counted. Slack and Teams let people
	// attach ten at a time.
	mostFiles = 20
	// maxFileName is the most bytes of a file's name, as in most file systems.
	maxFileName = 255
	// listedFiles is how many files are named one by one to the writer.
	listedFiles = 5
	// fileTries is after how many tries of a copy a file that cannot be read counts as gone, so that it does not keep what
	// comes after it waiting: some minutes.
	fileTries = 8
	// missingPause gathers what the rooms of a line say of a file that vanished, so that its writer is told once.
	missingPause = 5 * time.Second
)

// FileName makes the name of a file, which people chose elsewhere, fit to be shown as plain text in one line: the last
// part of a path, without control characters and those that turn the direction of writing, at most 255 bytes with its
// extension kept. A name of which nothing is left is "file".
func FileName(name string) string {
	name = clean(name)
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch r {
		case '\n', '\t':
			return ' '
		case '\u200e', '\u200f', '\u061c':
			return -1
		}
		return r
	}, name)
	name = strings.TrimSpace(name)
	if strings.Trim(name, ". ") == "" {
		return "file"
	}
	if len(name) <= maxFileName {
		return name
	}
	ext := path.Ext(name)
	if len(ext) > 16 {
		ext = ""
	}
	end := maxFileName - len(ext)
	for !utf8.RuneStart(name[end]) {
		end--
	}
	return strings.TrimSpace(name[:end]) + ext
}

// Label is the file's name with its size, if that is known: "plan.pdf (30 MB)".
func (f File) Label(v say.Voice) string {
	if f.Size <= 0 {
		return f.Name
	}
	return f.Name + " (" + SizeText(f.Size, v) + ")"
}

// Missed says in a copy, in place of a file that vanished, that it was not there any more; see [ErrNoFile].
func (f File) Missed(v say.Voice) string {
	return say.T("Die Datei „{name}“ war nicht mehr da.", "The file “{name}” was no longer there.").In(v, "name", f.Name)
}

// SizeText says how large something is, in powers of a thousand: "812 B", "12 kB", "1,5 MB".
func SizeText(size int64, v say.Voice) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	n, unit := float64(size), 0
	for n >= 999.5 && unit < len(units)-1 {
		n, unit = n/1000, unit+1
	}
	digits := 0
	if n < 9.95 && unit > 1 {
		digits = 1
	}
	text := strings.TrimSuffix(strconv.FormatFloat(n, 'f', digits, 64), ".0")
	if v.Language != say.English {
		text = strings.Replace(text, ".", ",", 1)
	}
	return text + " " + units[unit]
}

// cleanFiles makes what came with a message fit to be kept.
func cleanFiles(files []File) []File {
	files = slices.Clone(files)
	for i := range files {
		files[i].Name, files[i].Size, files[i].Note, files[i].Open = FileName(files[i].Name), max(files[i].Size, 0), "", nil
	}
	return files
}

// sameFiles reports whether two messages bring the same files.
func sameFiles(a, b []File) bool {
	return slices.EqualFunc(a, b, func(x, y File) bool { return x.Name == y.Name && x.ID == y.ID && x.URL == y.URL && x.Size == y.Size })
}

// fileWords are the names of files as the register reads them: as they are, and taken apart, since a name is often made of
// words with signs, digits or capitals between them.
func fileWords(files []File) []string {
	var words []string
	for _, f := range files {
		words = append(words, apart(f.Name), f.Name)
	}
	return words
}

// apart puts a space wherever a word seems to end: "Plan_Kranich2.pdf" is "Plan Kranich 2 pdf".
func apart(name string) string {
	var b strings.Builder
	before := ' '
	for _, r := range strings.ReplaceAll(name, "%20", " ") {
		if unicode.IsLetter(before) && unicode.IsDigit(r) || unicode.IsDigit(before) && unicode.IsLetter(r) || unicode.IsLower(before) && unicode.IsUpper(r) {
			b.WriteByte(' ')
		}
		if strings.ContainsRune("_.-+", r) {
			r = ' '
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}

// fileNames lists files in one line, with their sizes; a long list ends in how many more there are.
func fileNames(files []File, v say.Voice) string {
	var names []string
	for _, f := range files[:min(len(files), mostFiles)] {
		names = append(names, f.Label(v))
	}
	if more := len(files) - mostFiles; more > 0 {
		names = append(names, say.T("+{n} weitere", "+{n} more").In(v, "n", more))
	}
	return strings.Join(names, ", ")
}

// gist is what a message says in one text: its words and the names of its files.
func gist(body markup.Doc, files []File, v say.Voice) string {
	text, names := markup.Plain(body), fileNames(files, v)
	if text == "" || names == "" {
		return text + names
	}
	return text + " · " + names
}

// onlyNamed says why a file of a crossing is only named at a place; empty when it goes along as a file.
func (b *Bot) onlyNamed(c *Crossing, f File, place Place, v say.Voice) string {
	var most int64
	if target := b.adapters[place.Adapter]; target != nil {
		most = target.Can().MaxFile
	}
	_, readable := b.adapters[c.Place.Adapter].(FileSource)
	switch {
	case most == 0:
		return say.T("auf dieser Plattform nicht möglich", "not possible on this platform").In(v)
	case f.Size > most:
		return say.T("zu groß, höchstens {most}", "too large, {most} at most").In(v, "most", SizeText(most, v))
	case !readable || f.ID == "":
		return say.T("nur dort zu öffnen, wo sie geteilt wurde", "can be opened only where it was shared").In(v)
	}
	return ""
}

// attach gives a copy the files of its crossing: those that go along can be opened, the others say why not.
func (b *Bot) attach(c *Crossing, post *Post, d *Copy) {
	for _, f := range c.Files[:min(len(c.Files), mostFiles)] {
		if why := b.onlyNamed(c, f, post.Place, post.Voice); why == "" {
			f.Open = b.opener(c.Place.Adapter, f)
		} else {
			f.Note = say.T("Nicht als Datei: {why}", "Not as a file: {why}").In(post.Voice, "why", why)
		}
		d.Files = append(d.Files, f)
	}
	more := len(c.Files) - mostFiles
	switch {
	case more <= 0:
	case c.Room != "":
		d.More = say.T("+{n} {n:weitere Datei|weitere Dateien} in {room}", "+{n} more {n:file|files} in {room}").In(post.Voice, "n", more, "room", c.Room)
	default:
		d.More = say.T("+{n} {n:weitere Datei|weitere Dateien}", "+{n} more {n:file|files}").In(post.Voice, "n", more)
	}
}

// opener reads a file from where it was written.
func (b *Bot) opener(adapter string, f File) func(context.Context) (io.ReadCloser, error) {
	return func(ctx context.Context) (io.ReadCloser, error) {
		source, ok := b.adapters[adapter].(FileSource)
		if !ok {
			return nil, ErrNoFile
		}
		return source.OpenFile(ctx, f)
	}
}

// lastTry has whatever goes wrong with the files of a copy mean that they are gone.
func lastTry(d *Copy) {
	for i := range d.Files {
		open := d.Files[i].Open
		if open == nil {
			continue
		}
		d.Files[i].Open = func(ctx context.Context) (io.ReadCloser, error) {
			bytes, err := open(ctx)
			if err != nil {
				return nil, ErrNoFile
			}
			return lastRead{bytes}, nil
		}
	}
}

// lastRead reads a file for the last time.
type lastRead struct{ io.ReadCloser }

// Read reads; every fault is [ErrNoFile].
func (l lastRead) Read(p []byte) (int, error) {
	n, err := l.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = ErrNoFile
	}
	return n, err
}

// fileNews tells the writer which files do not go along as files; nothing when all do.
func (r *Request) fileNews(c *Crossing) error {
	var named []File
	for _, f := range c.Files[:min(len(c.Files), mostFiles)] {
		if r.bot.whereNamed(c, f, r.bot.voice) != "" {
			named = append(named, f)
		}
	}
	whole := min(len(c.Files), mostFiles) - len(named)
	if whole == len(c.Files) {
		return nil
	}
	writer, err := r.books.person(c.Person)
	if err != nil {
		return err
	}
	title := say.T("Gesendet, aber nicht alles als Datei", "Sent, but not everything as a file")
	if whole == 0 {
		title = say.T("Gesendet, aber nicht als Datei", "Sent, but not as a file")
	}
	news := Reply{To: Somebody, Person: writer, Card: func(v say.Voice) Card {
		card := Card{
			Title:   title.In(v),
			Meta:    say.T("als Datei: {n} von {all}", "as files: {n} of {all}").In(v, "n", whole, "all", len(c.Files)),
			Preview: say.T("Zu {Ihren|deinen} Dateien", "About your files").In(v),
		}
		for _, f := range named[:min(len(named), listedFiles)] {
			card.Items = append(card.Items, Item{Text: f.Label(v), Meta: r.bot.whereNamed(c, f, v)})
		}
		if more := len(named) - listedFiles; more > 0 {
			card.Items = append(card.Items, Item{Text: say.T("+{n} weitere", "+{n} more").In(v, "n", more)})
		}
		if more := len(c.Files) - mostFiles; more > 0 {
			card.Note = say.T("Mehr als {most} gehen nicht auf einmal: Von {n} {n:Datei|Dateien} steht dort nur die Zahl.",
				"No more than {most} go at a time: of {n} {n:file|files} only the number is shown there.").In(v, "most", mostFiles, "n", more)
		}
		return card
	}}
	if r.Message != nil && r.Person != nil && r.Person.hasID(c.Person) {
		news.To = Asker
	}
	r.also = append(r.also, news)
	return nil
}

// whereNamed says in which rooms a file is only named, and why; empty when it goes to all as a file.
func (b *Bot) whereNamed(c *Crossing, f File, v say.Voice) string {
	var whys []string
	rooms := map[string][]string{}
	for _, name := range c.To {
		room := b.room(name)
		if room == nil {
			continue
		}
		why := b.onlyNamed(c, f, room.Place, v)
		if why == "" {
			continue
		}
		if rooms[why] == nil {
			whys = append(whys, why)
		}
		rooms[why] = append(rooms[why], name)
	}
	for i, why := range whys {
		whys[i] = strings.Join(rooms[why], ", ") + ": " + why
	}
	return strings.Join(whys, " · ")
}

// missing is a file that had vanished when a copy was delivered.
type missing struct {
	Name string `json:"name"`
	// Told is set when the writer was told.
	Told bool `json:"told,omitempty"`
}

// missed notes which files a copy had to do without, and has its writer told of those that are new.
func (b *Bot) missed(tx Tx, post *Post, names []string) error {
	fresh := false
	for _, name := range names[:min(len(names), mostFiles)] {
		if !slices.ContainsFunc(post.Missing, func(m missing) bool { return m.Name == name }) {
			post.Missing, fresh = append(post.Missing, missing{Name: name}), true
		}
	}
	if !fresh || post.Origin == "" {
		return nil
	}
	return setTimerOnce(tx, "copy.missing", post.Origin, b.now().Add(missingPause))
}

// jobMissing tells a writer once which files did not arrive where.
func jobMissing(_ context.Context, r *Request, key string) ([]Reply, error) {
	c, err := r.books.crossing(key)
	if err != nil || c == nil || c.State == Gone {
		return nil, err
	}
	var names []string
	where := map[string][]string{}
	for _, room := range c.To {
		post, err := posts.Get(r.Tx, copyKey(c.Key, room))
		if errors.Is(err, ErrNotFound) {
			continue
		} else if err != nil {
			return nil, err
		}
		for i, m := range post.Missing {
			if m.Told {
				continue
			}
			post.Missing[i].Told = true
			if where[m.Name] == nil {
				names = append(names, m.Name)
			}
			where[m.Name] = append(where[m.Name], room)
		}
		if err := posts.Put(r.Tx, post); err != nil {
			return nil, err
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	writer, err := r.books.person(c.Person)
	if err != nil {
		return nil, err
	}
	return []Reply{{To: Somebody, Person: writer, Card: func(v say.Voice) Card {
		card := Card{
			Title: say.T("Nicht angekommen: {n} {n:Datei|Dateien}", "Not arrived: {n} {n:file|files}").In(v, "n", len(names)),
			Text: say.T("Beim Senden {n:war sie|waren sie} nicht mehr da. Alles andere ist angekommen.",
				"{n:It was|They were} no longer there when the message was sent. Everything else arrived.").In(v, "n", len(names)),
			Preview: say.T("Zu {Ihren|deinen} Dateien", "About your files").In(v),
		}
		for _, name := range names {
			card.Items = append(card.Items, Item{Text: name, Meta: say.T("fehlt in {rooms}", "missing in {rooms}").In(v, "rooms", strings.Join(where[name], ", "))})
		}
		return card
	}}}, nil
}
