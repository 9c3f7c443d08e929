package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"standleitung/adapters/duty"
	"standleitung/bot"
)

// A deletion of which Slack gave up on telling leaves nothing behind, unless the message had answers: it is just not in the history any
// more. So what the core knows is compared with what is shown. A wrong conclusion would take copies away whose original is there,
// therefore all of this must hold:
//
//   - the core knew the message before the reading began, and it came after the bot was invited;
//   - it lies within what was read, and it is in neither the channel nor its thread;
//   - something older is still shown, tombstones left aside: what a free plan hides ("is_limited", methods/channels.history of
//     slackhq/slack-api-docs) or a workspace's retention deletes goes by age, and is no deletion of a person's;
//   - it has been there for a while: a history lags behind events (korotovsky/slack-mcp-server #284);
//   - not many are missing at once;
//   - asked for this one message, Slack says thread_not_found: conversations.replies takes the ts of any message that exists, also of
//     an answer (docs.slack.dev/reference/methods/conversations.replies, slackapi/bolt-js #2307, slackapi/bolt-python #783).
const (
	// settled is how old a message is before it counts that it is not shown.
	settled = 30 * time.Second
	// mostGone is how many can be missing in a channel at once: more are no person's doing, but a page that was left out, or a rule
	// of the workspace.
	mostGone = 50
	// unhurried is the pause between calls that can wait, once Slack has asked for patience: its limits are for all calls of a method.
	unhurried = 2 * time.Second
	// afterAll comes after every ts.
	afterAll = ":"
)

// reading is what was seen of a channel in one look.
type reading struct {
	channel, user string // user is whose direct conversation it is; empty for a room, and where nobody knows
	deep          bool
	oldest, from  string // from where on it was read, and what is compared
	originals     []bot.Original
	whole         bool
	shown         map[string]bool
	reach         string            // the oldest that is shown and no tombstone; empty for none
	threads       map[string]string // for each root that is shown what changes when an answer comes or goes
}

// begin sets out how far a channel is read back from its mark.
func (r *reading) begin(m *marks, mark string) {
	back := overlap
	if r.deep {
		back = followed
	}
	r.oldest = tsOf(timeOf(mark).Add(-back))
	r.from = m.after(r.channel, r.oldest)
}

// askOriginals asks what must be shown. In a direct conversation that needs its owner, whom the reading itself may tell.
func (a *Adapter) askOriginals(ctx context.Context, core bot.Core, r *reading) error {
	if isDirect(r.channel) {
		if r.user = a.directs.owner(r.channel); r.user == "" {
			return nil
		}
	}
	known, err := core.Originals(ctx, placeOf(r.channel, r.user, "", ""), r.from, afterAll)
	if err != nil {
		return fmt.Errorf("ask what is known: %w", err)
	}
	r.originals = slices.DeleteFunc(known, func(o bot.Original) bool { return !validTS(o.ID) })
	return nil
}

// see takes in a message of the channel itself.
func (r *reading) see(e *event) {
	r.shown[e.TS] = true
	if e.Subtype != tombstone && (r.reach == "" || compareTS(e.TS, r.reach) < 0) {
		r.reach = e.TS
	}
	if e.ReplyCount > 0 {
		r.threads[e.TS] = fmt.Sprintf("%d/%s", e.ReplyCount, e.LatestReply)
	}
}

// errInterrupted ends a comparison for something that is more urgent.
var errInterrupted = errors.New("the histories are to be read again")

// compareAll hands over the deletions that readings show; false when one is to be read again soon.
func (a *Adapter) compareAll(ctx context.Context, core bot.Core, readings []*reading) bool {
	done := true
	c := comparison{Adapter: a, core: core}
	for _, r := range readings {
		told, err := c.compare(ctx, r)
		if err != nil || !told {
			a.marks.doubt(r.channel)
			done = false
		}
		if err != nil && !errors.Is(err, errInterrupted) && ctx.Err() == nil {
			a.log.WarnContext(ctx, "cannot tell what was deleted, will retry", "channel", r.channel, "error", err)
		}
	}
	return done
}

// comparison is the calls of one look.
type comparison struct {
	*Adapter
	core  bot.Core
	pause time.Duration
}

// compare hands over the deletions that one reading shows; false when some may be too young to tell.
func (c *comparison) compare(ctx context.Context, r *reading) (bool, error) {
	if isDirect(r.channel) && r.user == "" {
		if err := c.askOriginals(ctx, c.core, r); err != nil {
			return false, err
		}
	}
	missing, err := c.missing(ctx, r)
	if err != nil {
		return false, err
	}
	old := slices.DeleteFunc(slices.Clone(missing), func(ts string) bool { return c.now().Sub(timeOf(ts)) < settled })
	young := len(missing) > len(old)
	if old, err = c.reached(ctx, r, old); err != nil {
		return false, err
	}
	var deleted []past
	for _, ts := range old {
		there, err := c.isThere(ctx, r.channel, ts)
		if err != nil {
			return false, err
		}
		if !there {
			deleted = append(deleted, past{tsOf(c.now()), bot.Deleted, &event{Channel: r.channel, TS: ts, User: r.user}})
		}
	}
	switch {
	case len(deleted) > mostGone:
		c.log.WarnContext(ctx, "too much is missing at once to take it for deleted, its copies stay", "channel", r.channel, "messages", len(deleted))
	case len(deleted) > 0:
		err = c.handOverInLane(ctx, c.core, r.channel, deleted)
	}
	return !young, err
}

// missing are the originals that are not shown, oldest first. Threads are read for that by deep looks only.
func (c *comparison) missing(ctx context.Context, r *reading) (missing []string, err error) {
	answers := map[string][]string{} // by root
	for _, o := range r.originals {
		switch {
		case r.shown[o.ID]:
		case o.Thread == "":
			missing = append(missing, o.ID)
		case r.deep:
			answers[o.Thread] = append(answers[o.Thread], o.ID)
		}
	}
	for _, root := range slices.Sorted(maps.Keys(answers)) {
		gone, err := c.missingIn(ctx, r, root, answers[root])
		if err != nil {
			return nil, err
		}
		missing = append(missing, gone...)
	}
	slices.SortFunc(missing, compareTS)
	return missing, nil
}

// missingIn are the answers in a thread, oldest first, that it does not show. A thread in which nothing came or went since none was
// missing is not read again.
func (c *comparison) missingIn(ctx context.Context, r *reading, root string, answers []string) ([]string, error) {
	state := threadKey(r.channel, root) + "/" + r.threads[root]
	if r.threads[root] != "" && c.complete.Has(state) {
		return nil, nil
	}
	whole := false
	err := c.patiently(ctx, func() (err error) {
		whole, err = c.pages(ctx, r.channel, root, span{oldest: answers[0], limit: pageSize}, func(e *event) { r.shown[e.TS] = true })
		return err
	})
	switch {
	case codeOf(err) == "thread_not_found":
		return answers, nil
	case err != nil:
		return nil, err
	case !whole:
		return nil, nil
	}
	missing := slices.DeleteFunc(answers, func(ts string) bool { return r.shown[ts] })
	if len(missing) == 0 {
		c.complete.Add(state)
	}
	return missing, nil
}

// reached leaves out what is older than all that is shown: its age may be why it is not. For what lies before the reading one look
// further back is enough.
func (c *comparison) reached(ctx context.Context, r *reading, missing []string) ([]string, error) {
	if len(missing) == 0 || r.reach != "" && compareTS(r.reach, missing[0]) < 0 {
		return missing, nil
	}
	reach := r.reach
	if r.whole {
		err := c.patiently(ctx, func() error {
			list, _, err := c.history(ctx, r.channel, "", span{latest: missing[0], limit: pageSize}, "")
			for _, e := range list {
				if e.Subtype != tombstone && compareTS(e.TS, missing[0]) < 0 {
					reach = e.TS
				}
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(missing, func(ts string) bool { return reach == "" || compareTS(ts, reach) < 0 }), nil
}

// isThere asks Slack whether a message is there.
func (c *comparison) isThere(ctx context.Context, channel, ts string) (bool, error) {
	err := c.patiently(ctx, func() error {
		_, _, err := c.history(ctx, channel, ts, span{limit: 1}, "")
		return err
	})
	if codeOf(err) == "thread_not_found" {
		return false, nil
	}
	return true, err
}

// patiently makes a call that can wait, for as long as Slack asks, and no longer than nothing more urgent is to be read.
func (c *comparison) patiently(ctx context.Context, call func() error) error {
	for {
		if len(c.woken) > 0 {
			return errInterrupted
		}
		if c.pause > 0 && !duty.Sleep(ctx, c.pause) {
			return ctx.Err()
		}
		err := call()
		wait := patienceOf(err)
		if wait == 0 {
			return err
		}
		c.pause = unhurried
		if !duty.Sleep(ctx, cmp.Or(min(wait, time.Minute), unhurried)) {
			return ctx.Err()
		}
	}
}
