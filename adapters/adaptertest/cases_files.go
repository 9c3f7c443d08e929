package adaptertest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/google/go-cmp/cmp"

	"standleitung/bot"
	"standleitung/bot/say"
)

// filing are the rules of files.
func filing() []rule {
	return []rule{
		{"a file comes in with its name, its size and its bytes", fileIn},
		{"a file needs no text", fileAlone},
		{"an edit of the text keeps the files", fileKept},
		{"a file that nobody knows is gone", fileUnknown},
		{"a copy brings its files along", fileOut},
		{"a copy needs no text when it has a file", fileOutAlone},
		{"a file that cannot go along is named, with the reason", fileNamed},
		{"a file that vanished is said in its place, and reported", fileVanished},
		{"a file that cannot be read now is tried again", fileLater},
		{"a repeated copy shows its files once", fileRepeated},
		{"the name of a file stays text", fileInert},
	}
}

// picture is a PNG of one pixel.
var picture = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89" +
	"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB\x60\x82")

func uploads() []Upload {
	return []Upload{{"Bild vom Stand.png", picture}, {"plan.pdf", []byte("%PDF-1.4 nicht viel")}}
}

// takes reports whether the platform takes a file.
func (s *stage) takes(data []byte) bool { return s.Adapter.Can().MaxFile >= int64(len(data)) }

// source is the adapter as one that files can be read from.
func (s *stage) source() bot.FileSource {
	s.Helper()
	source, ok := s.Adapter.(bot.FileSource)
	if !ok {
		s.Fatal("people can attach files, but the adapter is no bot.FileSource")
	}
	return source
}

// attached has the first person send files and returns what the core got.
func (s *stage) attached(text string, files []Upload) bot.Message {
	s.Helper()
	before := len(s.core.Received())
	s.taken(s.Platform.Say(Speech{By: s.People[0], At: s.Rooms[0], Text: text, Files: files}))
	return s.got(before)
}

// holds checks the files of a message.
func (s *stage) holds(m bot.Message, want []Upload) {
	s.Helper()
	var got []Upload
	for _, f := range m.Files {
		if f.ID == "" && f.URL == "" {
			s.Errorf("the file %q has neither an id nor an address", f.Name)
		}
		data := s.read(f)
		if f.Size != int64(len(data)) {
			s.Errorf("the file %q is said to have %d bytes, it has %d", f.Name, f.Size, len(data))
		}
		got = append(got, Upload{f.Name, data})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.Errorf("files (-want +got):\n%s", diff)
	}
}

func (s *stage) read(f bot.File) []byte {
	s.Helper()
	r, err := s.source().OpenFile(s.Context(), f)
	if err != nil {
		s.Fatalf("OpenFile(%q) = %v, want its bytes", f.Name, err)
	}
	data, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		s.Fatalf("reading %q: %v", f.Name, err)
	}
	return data
}

func fileIn(s *stage) {
	if s.NoFiles {
		return
	}
	s.start()
	m := s.attached("Der Stand von heute", uploads())
	if m.Text != "Der Stand von heute" || m.Kind != bot.Said {
		s.Errorf("arrived is %+v, want the text with its files", m)
	}
	s.holds(m, uploads())
	s.taken(s.Platform.Again())
	if again := s.got(1); again.Turn != m.Turn {
		s.Errorf("the redelivery has turn %q, the first had %q", again.Turn, m.Turn)
	}
	s.restart()
	s.holds(m, uploads())
}

func fileAlone(s *stage) {
	if s.NoFiles {
		return
	}
	s.start()
	m := s.attached("", uploads()[:1])
	if m.Text != "" || m.ID == "" {
		s.Errorf("arrived is %+v, want a message without text", m)
	}
	s.holds(m, uploads()[:1])
}

func fileKept(s *stage) {
	if s.NoFiles || s.NoChanges {
		return
	}
	s.start()
	said := s.attached("Der Stand von heute", uploads())
	before := len(s.core.Received())
	s.taken(s.Platform.Edit(s.People[0], s.Rooms[0], said.ID, "Der Stand von gestern"))
	s.holds(s.got(before), uploads())
}

func fileUnknown(s *stage) {
	if s.NoFiles {
		return
	}
	s.start()
	for _, id := range []string{"", "none", "../../etc/passwd", strings.Repeat("0", 64)} {
		r, err := s.source().OpenFile(s.Context(), bot.File{Name: "x", ID: id})
		if !errors.Is(err, bot.ErrNoFile) {
			s.Errorf("OpenFile of the unknown %q = %v, want ErrNoFile", id, err)
		}
		if r != nil {
			_ = r.Close()
		}
	}
}

// fileOf is a file on another platform.
func fileOf(u Upload) bot.File {
	return bot.File{Name: u.Name, Size: int64(len(u.Data)), ID: "there-" + u.Name, Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(u.Data)), nil
	}}
}

// copyWith is a copy with files.
func copyWith(s *stage, name, text string, files ...Upload) bot.Delivery {
	d := copyOf(name, s.Rooms[0], text)
	for _, u := range files {
		d.Copy.Files = append(d.Copy.Files, fileOf(u))
	}
	return d
}

// bring checks that the newest of n posts shows files.
func (s *stage) bring(n int, want []Upload) Shown {
	s.Helper()
	all := s.shown(s.People[1], s.Rooms[0], n)
	got := all[len(all)-1]
	if diff := cmp.Diff(want, got.Files); diff != "" {
		s.Errorf("files (-want +got):\n%s", diff)
	}
	return got
}

func fileOut(s *stage) {
	if !s.takes(picture) {
		return
	}
	s.start()
	sent := s.send(copyWith(s, "c", "Der Stand von heute", uploads()...))
	if len(sent.Missing) > 0 {
		s.Errorf("missing are %q, want none", sent.Missing)
	}
	got := s.bring(1, uploads())
	if !strings.Contains(got.Text, "Der Stand von heute") || !got.by("Mara Lindner") {
		s.Errorf("the copy is shown as %+v, want it with its text and as Mara Lindner's", got)
	}
}

func fileOutAlone(s *stage) {
	if !s.takes(picture) {
		return
	}
	s.start()
	s.send(copyWith(s, "c", "", uploads()[:1]...))
	if got := s.bring(1, uploads()[:1]); !got.by("Mara Lindner") {
		s.Errorf("the copy is shown as %+v, want it as Mara Lindner's", got)
	}
}

func fileNamed(s *stage) {
	s.start()
	d := copyOf("c", s.Rooms[0], "Der Film")
	d.Copy.Files = []bot.File{{Name: "film.mov", Size: 900_000_000, ID: "there", Note: "Nicht als Datei: zu groß"}}
	d.Copy.More = "+80 weitere Dateien"
	s.send(d)
	got := s.shown(s.People[1], s.Rooms[0], 1)[0]
	note, name := strings.Index(got.Text, "Nicht als Datei: zu groß"), strings.Index(got.Text, "film.mov")
	if note < 0 || name < note || !strings.Contains(got.Text, "+80 weitere Dateien") || len(got.Files) > 0 {
		s.Errorf("shown is %+v, want the note, the name below it, and how many more there are", got)
	}
}

// unreadable is a copy of two files of which the first cannot be opened.
func unreadable(s *stage, err error) bot.Delivery {
	d := copyWith(s, "c", "Zwei Dateien", uploads()...)
	d.Voice = say.Voice{Language: say.German}
	d.Copy.Files[0].Open = func(context.Context) (io.ReadCloser, error) { return nil, err }
	return d
}

func fileVanished(s *stage) {
	if !s.takes(picture) {
		return
	}
	s.start()
	d := unreadable(s, bot.ErrNoFile)
	sent := s.send(d)
	if diff := cmp.Diff([]string{uploads()[0].Name}, sent.Missing); diff != "" {
		s.Errorf("missing (-want +got):\n%s", diff)
	}
	if got := s.bring(1, uploads()[1:]); !strings.Contains(got.Text, d.Copy.Files[0].Missed(d.Voice)) {
		s.Errorf("shown is %q, want the words for the file that vanished", got.Text)
	}
}

func fileLater(s *stage) {
	if !s.takes(picture) {
		return
	}
	s.start()
	_, err := s.Adapter.Send(s.Context(), unreadable(s, errDiskFull))
	var e *bot.SendError
	if !errors.As(err, &e) || e.Fate != bot.Retry {
		s.Errorf("Send of a file that cannot be read = %v, want it to be tried again", err)
	}
	s.send(copyWith(s, "c", "Zwei Dateien", uploads()...))
	s.bring(1, uploads())
}

func fileRepeated(s *stage) {
	if !s.takes(picture) {
		return
	}
	s.start()
	d := copyWith(s, "c", "vor dem Absturz", uploads()...)
	s.send(d)
	s.restart()
	d.Unsure = true
	s.send(d)
	s.send(copyOf("q", s.Rooms[0], "danach"))
	s.once("vor dem Absturz")
	if diff := cmp.Diff(uploads(), s.Platform.Shown(s.People[0], s.Rooms[0])[0].Files); diff != "" {
		s.Errorf("files (-want +got):\n%s", diff)
	}
}

func fileInert(s *stage) {
	s.start()
	for i, name := range []string{"*x* <b>fett<b> & _y_.txt", "<!channel> @here.pdf", "[a](https:__example.com).md", "{ref} %s ${HOME}.csv", "Größe 你好.png"} {
		d := copyOf(string(rune('c'+i)), s.Rooms[0], "Datei")
		d.Copy.Files = []bot.File{{Name: name, Size: 900_000_000, ID: "there", Note: "<i>zu</i> *groß*"}}
		s.send(d)
		all := s.shown(s.People[0], s.Rooms[0], i+1)
		got := all[len(all)-1]
		if len(got.Active) > 0 {
			s.Errorf("%q became active: %q", name, got.Active)
		}
		if !strings.Contains(got.Text, name) || !strings.Contains(got.Text, "<i>zu</i> *groß*") {
			s.Errorf("%q is shown as %q", name, got.Text)
		}
	}
}
