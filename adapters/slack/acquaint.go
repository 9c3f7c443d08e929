package slack

import (
	"context"
	"time"

	"standleitung/adapters/duty"
	"standleitung/bot"
)

// acquaintEvery is how often Slack is asked who the people of the configuration are.
const acquaintEvery = 24 * time.Hour

// runAcquaint asks Slack once a day who the people of the configuration are, until ctx ends.
func (a *Adapter) runAcquaint(ctx context.Context) {
	for len(a.config.People) > 0 {
		a.acquaint(ctx)
		if !duty.Sleep(ctx, acquaintEvery) {
			return
		}
	}
}

// acquaint tells the core who the people of the configuration are, as fast as Slack answers.
func (a *Adapter) acquaint(ctx context.Context) {
	core, ok := a.shift.Enter()
	if !ok {
		return
	}
	defer a.shift.Leave()
	unknown := 0
	for _, p := range a.config.People {
		var refused error
		done := a.insist(ctx, func() error {
			who, err := a.findPerson(ctx, p)
			switch {
			case isScope(codeOf(err)):
				refused = err
				return nil
			case err != nil:
				return err
			case who.gone || who.machine || who.Guest:
				unknown++
				return nil
			}
			return a.introduce(ctx, core, who)
		})
		if !done {
			return
		}
		if refused != nil {
			a.log.WarnContext(ctx, "slack does not tell who people are", "code", codeOf(refused))
			return
		}
	}
	if unknown > 0 {
		a.log.WarnContext(ctx, "people of the configuration are no members of the slack workspace", "people", unknown)
	}
}

// findPerson asks Slack for somebody by their id, else by their e-mail; somebody who is not there is gone.
func (a *Adapter) findPerson(ctx context.Context, p bot.Identity) (person, error) {
	if p.ID == "" {
		u, err := a.api.GetUserByEmailContext(ctx, p.Email)
		a.health.api(err)
		if codeOf(err) == "users_not_found" {
			return person{gone: true}, nil
		} else if err != nil {
			return person{}, err
		}
		p.ID = u.ID // the answer lacks the language
	}
	return a.ask(ctx, p.ID)
}

// introduce tells the core who somebody is.
func (a *Adapter) introduce(ctx context.Context, core bot.Core, who person) error {
	_, err := core.Receive(context.WithoutCancel(ctx), bot.Message{
		Turn: turn("known", a.self.team, who.ID, tsOf(a.now())), Kind: bot.Known, Place: DirectPlace(who.ID), From: who.Identity, At: a.now(),
	})
	return err
}
