package bot

import "errors"

// Migrations are the changes of stored records since the first version, oldest first. A released one is never edited,
// removed or moved.
func Migrations() []Migration {
	return []Migration{
		{Name: "indexes for retention", Run: func(tx Tx) error {
			return errors.Join(reindex(tx, crossings), reindex(tx, approvals), reindex(tx, posts))
		}},
		{Name: "index of people by mail address", Run: func(tx Tx) error { return reindex(tx, people) }},
	}
}
