// Package bolt keeps a [bot.Store] in one bbolt file that one process owns.
//
// # Units of work
//
// bbolt allows one writer and pays a disk flush for each commit. One committer goroutine therefore takes all units
// that wait, lets them run one after the other in a single bbolt transaction, commits once, and tells each its
// result. A unit runs in the goroutine of its caller, which holds the transaction like a baton: a panic keeps its
// stack and its goroutine, and runtime.Goexit (a failing test) cannot end the committer. bbolt has no savepoints, so
// each write notes what it replaced; a unit or an attempt that fails is undone from these notes and leaves its
// neighbours in the same transaction untouched.
//
// A unit must not call Update, Next or Close: it would wait for itself.
//
// # Layout
//
// There are ten buckets and they are fixed: no write ever creates one, so that undoing stays a matter of keys.
// Text inside a key is escaped and closed such that byte order of the key is the order of its parts (see keys.go).
//
//	header   layout, mark, counters, migrations that ran
//	numbers  series                      → last number given
//	records  kind, key                   → its index entries, then the value
//	entries  kind, index, value, key     → nothing
//	lanes    lane                        → rows waiting, rows parked
//	rows     lane, waiting or parked, id → row
//	parked   id                          → lane
//	ready    turn                        → lane and id: heads that may be taken at once
//	due      instant, lane               → id: heads that wait for an instant
//	leases   instant, lane               → id: heads that are being sent
//
// A record carries its own list of index entries, so that replacing it removes the stale ones without knowing what
// kinds there are. Every ordered question is one cursor range of entries or records.
//
// The oldest row of a lane that is not parked is its head, and exactly the heads are listed in ready, due or leases.
// Taking rows reads these lists from the front; rows behind a head are not touched, be it one lane with a million rows or
// a million lanes with one. A head takes its turn when it becomes head, so that lanes are served in rotation and a long lane
// does not starve a short one. Since one process owns a file, what is found in leases at Open was left behind by a
// sender that is gone.
//
// # Damage
//
// bbolt maps the file into memory and trusts it: a truncated or damaged file can end the process with a signal that
// no recover sees. Open therefore looks at the file with plain reads first (see inspect.go). Damage that is met
// later is a panic out of bbolt; it ends the process even where the code in between recovers, because a transaction
// of unknown state must not be committed.
package bolt
