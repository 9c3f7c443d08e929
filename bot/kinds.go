package bot

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"standleitung/bot/markup"
	"standleitung/bot/say"
)

// kindRow is what operators, and the log, need to know of a kind of record. A kind that is not in the table is a fault for
// verify.
type kindRow struct {
	kind string
	// name is what operators call the kind in an export; empty for what is of no use outside.
	name string
	// prefix is that of the references whose number is the record's key; empty for none.
	prefix string
	// quiet kinds are the program's own memory: writing them is no change that the log tells of.
	quiet bool
	// secret kinds are exported only when they are asked for by name.
	secret bool
	// columns are the header of its CSV, cells one line of it.
	columns []string
	cells   func(value []byte) ([]string, error)
	// prove checks that a record can be read, lies under its own key and has the index entries that its kind says.
	prove func(Stored) error
}

// column is one column of a CSV.
type column[T any] struct {
	name string
	of   func(*T) string
}

// keep makes the row of a kind.
func keep[T any](k *Kind[T], row kindRow, columns ...column[T]) kindRow {
	row.kind = k.Name
	for _, c := range columns {
		row.columns = append(row.columns, c.name)
	}
	row.cells = func(value []byte) ([]string, error) {
		record, err := k.decode(value)
		if err != nil {
			return nil, err
		}
		var cells []string
		for _, c := range columns {
			cells = append(cells, c.of(record))
		}
		return cells, nil
	}
	row.prove = k.prove
	return row
}

// prove is that of the table.
func (k *Kind[T]) prove(s Stored) error {
	record, err := k.decode(s.Value)
	if err != nil {
		return err
	}
	if k.Key(record) != s.Key {
		return fmt.Errorf("it lies under a key that is not its own")
	}
	want := k.entries(record)
	slices.SortFunc(want, func(a, b Entry) int { return cmp.Or(cmp.Compare(a.Index, b.Index), cmp.Compare(a.Value, b.Value)) })
	if want = slices.Compact(want); slices.Equal(want, s.Entries) {
		return nil
	}
	for _, ix := range k.Indexes {
		of := func(list []Entry) []Entry {
			return slices.DeleteFunc(slices.Clone(list), func(e Entry) bool { return e.Index != ix.Name })
		}
		if !slices.Equal(of(want), of(s.Entries)) {
			return fmt.Errorf("its entries in the index %s are not what they should be", ix.Name)
		}
	}
	return fmt.Errorf("it has entries in an index that its kind does not have")
}

// kindTable is every kind of record, in the order of an export.
func kindTable() []kindRow {
	return []kindRow{
		keep(topics, kindRow{name: "topics", prefix: "T"},
			column[Topic]{"ref", (*Topic).Ref}, column[Topic]{"state", func(t *Topic) string { return string(t.State) }},
			column[Topic]{"text", func(t *Topic) string { return t.Text }}, column[Topic]{"why", func(t *Topic) string { return t.Why }},
			column[Topic]{"for", func(t *Topic) string { return t.For }}, column[Topic]{"source", func(t *Topic) string { return t.Source }},
			column[Topic]{"themes", func(t *Topic) string { return strings.Join(t.Themes, " ") }},
			column[Topic]{"author", func(t *Topic) string { return t.Author }}, column[Topic]{"at", func(t *Topic) string { return cell(t.At) }},
			column[Topic]{"supporters", func(t *Topic) string { return strings.Join(t.Supporters, " ") }},
			column[Topic]{"until", func(t *Topic) string { return t.Until }}, column[Topic]{"into", func(t *Topic) string { return refOr("T", t.Into) }},
			column[Topic]{"reason", func(t *Topic) string { return t.Reason }}, column[Topic]{"by", func(t *Topic) string { return t.By }},
			column[Topic]{"decided", func(t *Topic) string { return cell(t.Decided) }},
		),
		keep(people, kindRow{name: "people"},
			column[Person]{"id", func(p *Person) string { return p.ID }}, column[Person]{"name", func(p *Person) string { return p.Name }},
			column[Person]{"met", func(p *Person) string { return cell(p.Met) }},
			column[Person]{"language", func(p *Person) string { return string(p.Voice.Language) }},
			column[Person]{"address", func(p *Person) string { return string(p.Voice.Address) }},
			column[Person]{"identities", func(p *Person) string {
				var ids []string
				for _, i := range p.Identities {
					ids = append(ids, i.Adapter+":"+i.ID)
				}
				return strings.Join(ids, " ")
			}},
		),
		keep(flags, kindRow{name: "flags", prefix: "F", secret: true},
			column[Flag]{"ref", (*Flag).Ref}, column[Flag]{"label", func(f *Flag) string { return f.Label }},
			column[Flag]{"terms", func(f *Flag) string { return strings.Join(f.Terms, "; ") }},
			column[Flag]{"excluded", func(f *Flag) string { return strings.Join(f.Excluded, "; ") }},
			column[Flag]{"level", func(f *Flag) string { return string(f.Level) }},
			column[Flag]{"wording_de", func(f *Flag) string { return newest(f.Wordings, say.German) }},
			column[Flag]{"wording_en", func(f *Flag) string { return newest(f.Wordings, say.English) }},
			column[Flag]{"scope", func(f *Flag) string { return strings.Join(f.Scope, " ") }}, column[Flag]{"reason", func(f *Flag) string { return f.Reason }},
			column[Flag]{"contact", func(f *Flag) string { return f.Contact }}, column[Flag]{"deputy", func(f *Flag) string { return f.Deputy }},
			column[Flag]{"until", func(f *Flag) string { return f.Until }}, column[Flag]{"review", func(f *Flag) string { return f.Review }},
			column[Flag]{"by", func(f *Flag) string { return f.By }}, column[Flag]{"at", func(f *Flag) string { return cell(f.At) }},
			column[Flag]{"lifted", func(f *Flag) string { return cell(f.Lifted) }},
		),
		keep(approvals, kindRow{name: "approvals", prefix: "A"},
			column[Approval]{"ref", (*Approval).Ref}, column[Approval]{"state", func(a *Approval) string { return string(a.State) }},
			column[Approval]{"text", func(a *Approval) string { return markup.Plain(a.Body) }},
			column[Approval]{"hash", func(a *Approval) string { return a.Hash }},
			column[Approval]{"since", func(a *Approval) string { return cell(a.Since) }},
			column[Approval]{"asked", func(a *Approval) string { return strings.Join(a.Asked, " ") }},
			column[Approval]{"by", func(a *Approval) string { return a.By }}, column[Approval]{"at", func(a *Approval) string { return cell(a.At) }},
			column[Approval]{"question", func(a *Approval) string { return a.Question }},
		),
		keep(crossings, kindRow{name: "crossings"},
			column[Crossing]{"adapter", func(c *Crossing) string { return c.Place.Adapter }},
			column[Crossing]{"place", func(c *Crossing) string { return c.Place.ID }},
			column[Crossing]{"thread", func(c *Crossing) string { return c.Place.Thread }},
			column[Crossing]{"id", func(c *Crossing) string { return c.ID }},
			column[Crossing]{"room", func(c *Crossing) string { return c.Room }},
			column[Crossing]{"person", func(c *Crossing) string { return c.Person }}, column[Crossing]{"at", func(c *Crossing) string { return cell(c.At) }},
			column[Crossing]{"state", func(c *Crossing) string { return string(c.State) }},
			column[Crossing]{"to", func(c *Crossing) string { return strings.Join(c.To, " ") }},
			column[Crossing]{"approval", func(c *Crossing) string { return refOr("A", c.Approval) }},
			column[Crossing]{"text", func(c *Crossing) string { return markup.Plain(c.Body) }},
		),
		keep(concerns, kindRow{name: "concerns", secret: true},
			column[concern]{"person", func(c *concern) string { return c.Person }}, column[concern]{"text", func(c *concern) string { return c.Text }},
			column[concern]{"at", func(c *concern) string { return cell(c.At) }}, column[concern]{"by", func(c *concern) string { return c.By }},
			column[concern]{"done", func(c *concern) string { return cell(c.Done) }},
		),
		keep(reactions, kindRow{name: "reactions", quiet: true},
			column[reaction]{"crossing", func(x *reaction) string { return strings.ReplaceAll(x.Crossing, Sep, " ") }},
			column[reaction]{"emoji", func(x *reaction) string { return x.Emoji }}, column[reaction]{"person", func(x *reaction) string { return x.Person }},
		),
		keep(milestones, kindRow{name: "milestones", prefix: "M"},
			column[Milestone]{"ref", (*Milestone).Ref}, column[Milestone]{"title", func(m *Milestone) string { return m.Title }},
			column[Milestone]{"day", func(m *Milestone) string { return m.Day }}, column[Milestone]{"clock", func(m *Milestone) string { return m.Clock }},
			column[Milestone]{"owner", func(m *Milestone) string { return m.Owner }}, column[Milestone]{"deputy", func(m *Milestone) string { return m.Deputy }},
			column[Milestone]{"state", func(m *Milestone) string { return string(m.State) }}, column[Milestone]{"reason", func(m *Milestone) string { return m.Reason }},
			column[Milestone]{"by", func(m *Milestone) string { return m.By }}, column[Milestone]{"decided", func(m *Milestone) string { return cell(m.Decided) }},
			column[Milestone]{"reminders", func(m *Milestone) string { return strconv.Itoa(m.Sent) }},
		),
		keep(absences, kindRow{name: "absences"},
			column[absence]{"person", func(a *absence) string { return a.Person }}, column[absence]{"from", func(a *absence) string { return a.From }},
			column[absence]{"until", func(a *absence) string { return a.Until }}, column[absence]{"deputy", func(a *absence) string { return a.Deputy }},
		),
		keep(readers, kindRow{name: "readers"},
			column[reader]{"person", func(r *reader) string { return r.Person }}, column[reader]{"day", func(r *reader) string { return r.Day }},
			column[reader]{"paused", func(r *reader) string { return r.Paused }}, column[reader]{"next", func(r *reader) string { return cell(r.Next) }},
		),
		keep(roomSettings, kindRow{name: "rooms"},
			column[roomSetting]{"room", func(s *roomSetting) string { return s.Room }},
			column[roomSetting]{"language", func(s *roomSetting) string { return string(s.Language) }},
			column[roomSetting]{"hourly", func(s *roomSetting) string { return strconv.FormatBool(s.Hourly) }},
			column[roomSetting]{"by", func(s *roomSetting) string { return s.By }}, column[roomSetting]{"at", func(s *roomSetting) string { return cell(s.At) }},
		),
		keep(memberships, kindRow{name: "memberships", quiet: true},
			column[membership]{"room", func(m *membership) string { return m.Room }}, column[membership]{"adapter", func(m *membership) string { return m.Identity.Adapter }},
			column[membership]{"identity", func(m *membership) string { return m.Identity.ID }},
		),
		keep(linkings, kindRow{name: "links", prefix: "L"},
			column[linking]{"ref", (*linking).Ref}, column[linking]{"state", func(l *linking) string { return string(l.State) }},
			column[linking]{"how", func(l *linking) string { return string(l.How) }},
			column[linking]{"identity", func(l *linking) string { return l.Asked.Adapter + ":" + l.Asked.ID }},
			column[linking]{"with", func(l *linking) string { return strings.ReplaceAll(l.With, Sep, ":") }},
			column[linking]{"at", func(l *linking) string { return cell(l.At) }},
		),
		keep(pauses, kindRow{name: "pauses"},
			column[pause]{"line", func(p *pause) string { return p.Line }}, column[pause]{"by", func(p *pause) string { return p.By }},
			column[pause]{"at", func(p *pause) string { return cell(p.At) }},
		),
		keep(drafts, kindRow{name: "drafts", quiet: true},
			column[draft]{"id", func(d *draft) string { return strconv.FormatUint(d.ID, 10) }},
			column[draft]{"person", func(d *draft) string { return d.Person }}, column[draft]{"at", func(d *draft) string { return cell(d.At) }},
			column[draft]{"text", func(d *draft) string { return cmp.Or(d.Text, d.Args["text"]) }},
		),
		keep(posts, kindRow{name: "posts", quiet: true},
			column[Post]{"key", func(p *Post) string { return p.Key }}, column[Post]{"adapter", func(p *Post) string { return p.Place.Adapter }},
			column[Post]{"place", func(p *Post) string { return p.Place.ID }}, column[Post]{"person", func(p *Post) string { return p.Person }},
			column[Post]{"at", func(p *Post) string { return cell(p.At) }}, column[Post]{"view", func(p *Post) string { return p.View }},
			column[Post]{"ref", func(p *Post) string { return p.Ref }}, column[Post]{"revision", func(p *Post) string { return strconv.Itoa(p.Revision) }},
			column[Post]{"sent", func(p *Post) string { return strconv.Itoa(p.Sent) }},
			column[Post]{"ids", func(p *Post) string { return strings.Join(p.IDs, " ") }},
		),
		keep(timers, kindRow{name: "timers", quiet: true},
			column[timer]{"job", func(t *timer) string { return t.Job }},
			column[timer]{"about", func(t *timer) string { return strings.ReplaceAll(t.Arg, Sep, " ") }},
			column[timer]{"due", func(t *timer) string { return cell(t.Due) }},
		),
		keep(logbook, kindRow{name: "log", quiet: true},
			column[logEntry]{"link", func(e *logEntry) string { return strconv.FormatUint(e.Link, 10) }},
			column[logEntry]{"at", func(e *logEntry) string { return cell(e.At) }}, column[logEntry]{"person", func(e *logEntry) string { return e.Person }},
			column[logEntry]{"command", func(e *logEntry) string { return e.Command }},
			column[logEntry]{"refs", func(e *logEntry) string { return strings.Join(e.Refs, " ") }},
			column[logEntry]{"what", func(e *logEntry) string { return e.What }},
			column[logEntry]{"prev", func(e *logEntry) string { return e.Prev }}, column[logEntry]{"hash", func(e *logEntry) string { return e.Hash }},
		),
		keep(logHeads, kindRow{quiet: true}),
		keep(turns, kindRow{quiet: true}),
		keep(journal, kindRow{quiet: true}),
		keep(state, kindRow{quiet: true}),
		keep(announcements, kindRow{quiet: true}),
		keep(editions, kindRow{quiet: true}),
		keep(rechecks, kindRow{quiet: true}),
		keep(plannings, kindRow{quiet: true}),
		keep(tallies, kindRow{quiet: true}),
		keep(linkCodes, kindRow{quiet: true}),
		keep(linkGuesses, kindRow{quiet: true}),
		{kind: HealthKind, quiet: true, prove: proveHealth},
	}
}

// HealthKind is the kind of the one record that is written to see whether the store can be written.
const HealthKind = "health"

func proveHealth(s Stored) error {
	if !bytes.Equal(s.Value, []byte("{}")) || len(s.Entries) > 0 {
		return fmt.Errorf("it is not the probe that it should be")
	}
	return nil
}

// kindRows finds the rows of the table by the stored name of the kind.
func kindRows() map[string]*kindRow {
	rows := map[string]*kindRow{}
	for _, row := range kindTable() {
		rows[row.kind] = &row
	}
	return rows
}

// cell writes an instant for a machine; empty for none.
func cell(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func refOr(prefix string, n uint64) string {
	if n == 0 {
		return ""
	}
	return formatRef(prefix, n)
}
