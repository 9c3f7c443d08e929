package bot

import (
	"context"
	"fmt"
	"time"

	"standleitung/bot/say"
	"standleitung/bot/when"
)

// Unpark puts topics back on the table whose day has come by an instant, in the company's zone: each by a turn of its
// own, so that it happens once. Its cost grows with what is due.
func (b *Bot) Unpark(ctx context.Context, by time.Time) error {
	today := when.DateOf(by.In(b.zone)).String()
	from := ""
	for ctx.Err() == nil {
		var due []*Topic
		err := b.store.View(ctx, func(r Reader) error {
			due = nil
			for t, err := range topics.All(r, Query{Index: "until", From: from, To: today + "\x20", Limit: tidyMost}) {
				if err != nil {
					return err
				}
				due = append(due, t)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, t := range due {
			turn := fmt.Sprintf("job/unpark/%s/%s", t.Ref(), t.Until)
			if err := b.Do(ctx, turn, func(_ context.Context, r *Request) ([]Reply, error) { return r.unpark(t.ID, t.Until) }); err != nil {
				return err
			}
			from = Compose(t.Until, Serial(t.ID)) + "\x01" // right behind it
		}
		if len(due) < tidyMost {
			return nil
		}
	}
	return ctx.Err()
}

// unpark makes one topic new again and shows it to those who decide.
func (r *Request) unpark(n uint64, until string) ([]Reply, error) {
	t, err := r.books.topic(n)
	if err != nil || t.State != TopicParked || t.Until != until {
		return nil, err
	}
	t.State, t.Until = TopicNew, ""
	if err := topics.Put(r.Tx, t); err != nil {
		return nil, err
	}
	if err := refresh(r, t.Ref()); err != nil {
		return nil, err
	}
	leads, err := r.books.holders(Lead)
	if err != nil {
		return nil, err
	}
	var replies []Reply
	for _, lead := range leads {
		replies = append(replies,
			Reply{To: Somebody, Person: lead, Card: func(v say.Voice) Card {
				return Card{
					Text:    say.T("Wieder auf dem Tisch: Thema {ref} war bis heute geparkt.", "Back on the table: topic {ref} was parked until today.").In(v, "ref", t.Ref()),
					Preview: say.T("Ein geparktes Thema ist wieder da", "A parked topic is back").In(v),
				}
			}},
			Reply{To: Somebody, Person: lead, View: "topic", Ref: t.Ref()})
	}
	return replies, nil
}
