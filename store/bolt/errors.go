package bolt

import "errors"

var (
	// ErrClosed is returned when the store was closed before the call.
	ErrClosed = errors.New("store is closed")
	// ErrLocked is returned by Open when another process has the file open.
	ErrLocked = errors.New("another process has the file open")
	// ErrForeign is returned by Open when the file was not made by this program.
	ErrForeign = errors.New("the file is not a store of this program")
	// ErrDamaged is returned when the file is truncated or its content contradicts itself.
	ErrDamaged = errors.New("the store is damaged")
	// ErrNewer is returned by Open when the store was written by a newer program.
	ErrNewer = errors.New("the store was written by a newer program")
	// ErrMark is returned by Open when the store was created with another mark than the one in Config.
	ErrMark = errors.New("the store belongs to another installation")
	// ErrCommit is returned to every unit of a group that could not be written, for example because the disk is
	// full. Nothing of the group stays, and the store goes on.
	ErrCommit = errors.New("nothing was written")
	// ErrBroken is returned when the disk failed in the middle of a commit, so that it is not known whether the
	// commit is durable. The store refuses every unit until it is opened again.
	ErrBroken = errors.New("the disk failed during a commit; the store must be opened again")
	// ErrKey is returned when a key, or a name that is part of one, is empty or too long.
	ErrKey = errors.New("key is empty or too long")
	// ErrOver is returned when a Reader or Tx is used after the function that received it has returned.
	ErrOver = errors.New("the unit of work is over")
)
