package bot

import (
	"context"
	"slices"
	"time"

	"standleitung/bot/say"
	"standleitung/bot/when"
)

// flagTime is the time of day at which PR is asked about a flag.
const flagTime = when.Clock(9 * 60)

// setFlagTimers plans what happens to a flag by itself: an embargo lifts; PR is asked two working days before the end of
// any other, and on the day of its review.
func (r *Request) setFlagTimers(f *Flag) error {
	for _, name := range []string{"embargo.lift", "flag.ends", "flag.review"} {
		if err := r.stopTimer(name, f.Ref()); err != nil {
			return err
		}
	}
	if !f.Lifted.IsZero() {
		return nil
	}
	end := f.ends(r.bot.zone)
	switch {
	case end.IsZero():
	case f.Level == Embargo:
		if err := r.setTimer("embargo.lift", f.Ref(), end); err != nil {
			return err
		}
	default:
		day := when.DateOf(end.In(r.bot.zone))
		due := when.At(r.bot.calendar.AddWorkdays(day, -2), flagTime, r.bot.zone)
		if due.Before(r.Now) {
			due = when.At(day, flagTime, r.bot.zone) // set too late for that
		}
		if due.After(r.Now) {
			if err := r.setTimer("flag.ends", f.Ref(), due); err != nil {
				return err
			}
		}
	}
	return r.planReview(f)
}

// planReview asks on the day of the review, and weekly after it.
func (r *Request) planReview(f *Flag) error {
	day, err := when.ParseDate(f.Review)
	if err != nil {
		return err
	}
	due := when.At(day, flagTime, r.bot.zone)
	for !due.After(r.Now) {
		day = day.AddDays(7)
		due = when.At(day, flagTime, r.bot.zone)
	}
	return r.setTimer("flag.review", f.Ref(), due)
}

// jobFlagEnds asks whether a flag still holds whose end is near: it never lifts by itself.
func jobFlagEnds(_ context.Context, r *Request, ref string) ([]Reply, error) {
	f, err := r.books.flag(ref)
	if err != nil || !f.Lifted.IsZero() {
		return nil, err
	}
	return r.askAbout(f)
}

// jobFlagReview asks on the day of a flag's review, and weekly as long as it is overdue.
func jobFlagReview(_ context.Context, r *Request, ref string) ([]Reply, error) {
	f, err := r.books.flag(ref)
	if err != nil || !f.Lifted.IsZero() {
		return nil, err
	}
	if err := r.planReview(f); err != nil {
		return nil, err
	}
	return r.askAbout(f)
}

// askAbout asks the keeper of a flag whether it still holds.
func (r *Request) askAbout(f *Flag) ([]Reply, error) {
	f.Asked = r.Now
	keeper, err := r.keeper(f)
	if err != nil {
		return nil, err
	}
	if err := flags.Put(r.Tx, f); err != nil || keeper == nil {
		return nil, err
	}
	return []Reply{{To: Somebody, Person: keeper, View: "flag.due", Ref: f.Ref()}}, nil
}

// keeper is who of PR looks after a flag: its contact, deputy or setter, else the first of PR; nil for nobody.
func (r *Request) keeper(f *Flag) (*Person, error) {
	holders, err := r.books.holders(PR)
	if err != nil {
		return nil, err
	}
	for _, id := range []string{f.Contact, f.Deputy, f.By} {
		if i := slices.IndexFunc(holders, func(p *Person) bool { return p.hasID(id) }); i >= 0 {
			return holders[i], nil
		}
	}
	if len(holders) == 0 {
		return nil, nil //nolint:nilnil // a company without PR is no fault
	}
	return holders[0], nil
}

// viewFlagDue asks whether a flag still holds.
func viewFlagDue(k *books, ref string, who *Person, v say.Voice) (Card, error) {
	f, err := k.flag(ref)
	if err != nil {
		return Card{}, err
	}
	card := Card{Title: say.T("Gilt Vermerk {ref} noch?", "Does flag {ref} still hold?").In(v, "ref", ref), Preview: say.T("Vermerk {ref}", "Flag {ref}").In(v, "ref", ref)}
	if who == nil || !who.Is(PR) {
		return card, nil
	}
	by, err := k.name(f.KeptBy)
	if err != nil {
		return Card{}, err
	}
	card.Title = say.T("Gilt Vermerk {ref} „{label}“ noch?", "Does flag {ref} “{label}” still hold?").In(v, "ref", ref, "label", f.Label)
	card.Meta = f.meta(v, who.In(), k.now)
	switch {
	case !f.Lifted.IsZero():
		card.Tone, card.Text = ToneDone, say.T("Aufgehoben.", "Lifted.").In(v)
	case f.Asked.IsZero():
		card.Tone, card.Text = ToneDone, say.T("Erledigt von {who}, {when}.", "Settled by {who}, {when}.").In(v, "who", by, "when", sayTime(who, f.Kept, k.now))
	default:
		card.Text = say.T("Er endet nie von selbst: Bis jemand ihn aufhebt, gilt er weiter.", "It never ends by itself: it holds until somebody lifts it.").In(v)
		card.Buttons = k.buttons(v, ref, "flag.extend", "flag.lift", "flag.keep")
		card.Buttons[0].Primary = true
	}
	return card, nil
}

// runKeepFlag leaves a flag as it is. A review stays overdue: the question comes back in a week.
func runKeepFlag(_ context.Context, r *Request) ([]Reply, error) {
	f, err := r.activeFlag()
	if err != nil {
		return nil, err
	}
	if f.Asked.IsZero() {
		by, err := r.books.name(f.KeptBy)
		if err != nil {
			return nil, err
		}
		if f.KeptBy == "" {
			return nil, fault(Conflict, say.T("Danach wird gerade nicht gefragt. Nichts geändert.", "Nobody asks about it right now. Nothing changed."))
		}
		return nil, fault(Conflict, say.T("Schon erledigt von {who}, {when}. Nichts geändert.", "Already settled by {who}, {when}. Nothing changed."),
			"who", by, "when", sayTime(r.Person, f.Kept, r.Now))
	}
	f.settle(r.Person, r.Now)
	if err := flags.Put(r.Tx, f); err != nil {
		return nil, err
	}
	return []Reply{answer(say.T("Vermerk {ref} bleibt, wie er ist. {nobody}", "Flag {ref} stays as it is. {nobody}"), "ref", f.Ref(), "nobody", textNobodyTold)}, refresh(r, f.Ref())
}

// settle ends the question whether a flag still holds.
func (f *Flag) settle(who *Person, now time.Time) {
	f.Asked, f.KeptBy, f.Kept = time.Time{}, who.ID, now
}
