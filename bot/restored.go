package bot

import (
	"context"
	"errors"
)

// restored takes in that a person took the deletion of what they wrote back: it crosses anew, past the guard. What was not known
// to be deleted, or never crossed, stays as it is.
func (in relay) restored(_ context.Context, r *Request) ([]Reply, error) {
	m := r.Message
	in.again(r, m.Body)
	c, err := r.books.crossing(crossingKey(m.Place, m.ID))
	switch {
	case err != nil:
		return nil, err
	case c == nil || c.State != Gone || m.At.Before(c.Version):
		return nil, nil
	case c.Person != "" && !r.Person.hasID(c.Person):
		return nil, errNotYours
	}
	c.Version, c.Body, c.Files, c.State = m.At, m.Body, in.files, ""
	c.To, c.Guarded, c.Edition, c.Root, c.Orphan, c.Approval, c.Marked = in.to, in.guard, in.edition, "", false, 0, false
	for _, name := range c.To {
		if err := r.unbury(c, name); err != nil {
			return nil, err
		}
	}
	return r.start(c, in)
}

// unbury readies the copy in a room for coming anew. One whose deletion was not delivered yet is there still.
func (r *Request) unbury(c *Crossing, room string) error {
	post, err := posts.Get(r.Tx, copyKey(c.Key, room))
	if errors.Is(err, ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	post.Deleted, post.At, post.Told, post.Reactions = false, r.Now, false, false
	if !post.Pending && post.Digest == "" {
		post.Sent, post.IDs = 0, nil
	}
	if err := posts.Put(r.Tx, post); err != nil || post.Digest == "" {
		return err
	}
	return refresh(r, post.Digest)
}
