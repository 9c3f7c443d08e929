package bot

import (
	"context"
	"errors"
	"slices"

	"standleitung/bot/markup"
)

// Two emoji say something to the bot: a light bulb on a message of a line suggests it as a topic, a thumb on the card of a
// topic in a room supports the topic, and is taken back with it. Whatever speaks against it, nothing is said: an emoji asks
// for no answer in front of everybody.
const (
	ideaEmoji    = "💡"
	supportEmoji = "👍"
)

// topicCard is the reference of the topic whose card a post in a room is; empty for none.
func (k *books) topicCard(p Place, id string) (string, error) {
	at := crossingKey(p, id)
	for found, err := range k.r.Scan(Query{Kind: posts.Name, Index: "placed", From: at, To: at + "\x00", Limit: 1}) {
		if err != nil {
			return "", err
		}
		post, err := posts.decode(found.Value)
		if err != nil || post.View != topicView {
			return "", err
		}
		return post.Ref, nil
	}
	return "", nil
}

// topicView is the view of the cards of topics.
const topicView = "topic"

// support is the intent of a thumb on the card of a topic.
func (b *Bot) support(in intent, ref string) (intent, error) {
	req := in.req
	row := b.commands.byName["topic.support"]
	var err error
	if req.Person, err = req.books.who(req.Message.From); err != nil || !req.Person.Is(row.Roles) {
		return intent{req: req}, err
	}
	req.Voice, req.Command, req.args = req.Person.Speaks(), row, map[string]string{"ref": ref}
	in.run = func(ctx context.Context, r *Request) ([]Reply, error) {
		run := runSupport
		if r.Message.Removed {
			run = runUnsupport
		}
		_, err := run(ctx, r)
		var known *Error
		if errors.As(err, &known) {
			err = nil // the card shows how it stands
		}
		return nil, err
	}
	return in, nil
}

// runUnsupport takes a voice for a topic back.
func runUnsupport(_ context.Context, r *Request) ([]Reply, error) {
	t, err := r.topic("ref")
	i := -1
	if err == nil {
		i = slices.Index(t.Supporters, r.Person.ID)
	}
	if err != nil || i < 0 || !t.undecided() {
		return nil, err
	}
	t.Supporters = slices.Delete(slices.Clone(t.Supporters), i, i+1)
	if err := topics.Put(r.Tx, t); err != nil {
		return nil, err
	}
	return nil, refresh(r, t.Ref())
}

// suggested has a light bulb on a message suggest it as a topic; the reaction itself counts besides. Only whoever put it
// there hears what came of it.
func (b *Bot) suggested(in intent, c *Crossing) (intent, error) {
	req := in.req
	text := cut(clean(markup.Plain(c.Body)), maxText)
	row := b.commands.byName["topic.suggest"]
	if text == "" || req.Message.Removed || !req.Person.Is(row.Roles) {
		return in, nil
	}
	count := in.run
	args := map[string]string{"text": cut(text, row.Args[0].Max)}
	if c.Person != req.Person.ID {
		args["source"] = c.Author.Name
	}
	req.Command, req.args = row, args
	if err := row.Look(context.Background(), req); err != nil {
		return in, err
	}
	in.run = func(ctx context.Context, r *Request) ([]Reply, error) {
		if _, err := count(ctx, r); err != nil {
			return nil, err
		}
		replies, err := row.Run(ctx, r)
		for i := range replies {
			if replies[i].To == Here {
				replies[i].To = Asker
			}
		}
		return replies, err
	}
	return in, nil
}
