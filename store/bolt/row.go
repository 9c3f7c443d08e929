package bolt

import (
	"encoding/binary"
	"fmt"
	"time"

	"standleitung/bot"
)

// row is a stored row; its lane and id are in its key.
type row struct {
	bot.Row
	turn uint64 // key in ready while the row is listed there
}

// rowForm is the first byte of an encoded row.
const rowForm = 1

// States as they are stored. Never renumber.
var rowStates = [...]bot.RowState{1: bot.RowQueued, 2: bot.RowSending, 3: bot.RowUnknown, 4: bot.RowParked}

func (r *row) encode() []byte {
	b := make([]byte, 0, 64+len(r.Post)+len(r.Reason))
	b = append(b, rowForm, 0, 0)
	for code, state := range rowStates {
		if state == r.State {
			b[1] = byte(code)
		}
	}
	if r.Unsure {
		b[2] = 1
	}
	for _, t := range r.times() {
		b = appendStamp(b, *t)
	}
	b = binary.AppendUvarint(b, uint64(r.Tries))
	b = binary.AppendUvarint(b, r.turn)
	return appendText(appendText(b, r.Post), r.Reason)
}

func (r *row) times() []*time.Time { return []*time.Time{&r.Due, &r.Until, &r.Since} }

func decodeRow(lane string, id uint64, raw []byte) (*row, error) {
	r := new(row)
	r.Lane, r.ID = lane, id
	f := fields{b: raw}
	if head := f.bytes(3); !f.bad {
		f.bad = head[0] != rowForm || head[1] == 0 || int(head[1]) >= len(rowStates)
		if !f.bad {
			r.State, r.Unsure = rowStates[head[1]], head[2] != 0
		}
	}
	for _, t := range r.times() {
		if b := f.bytes(stampSize); !f.bad {
			*t = stampAt(b)
		}
	}
	r.Tries, r.turn = int(f.uvarint()), f.uvarint()
	r.Post, r.Reason = string(f.text()), string(f.text())
	if f.bad || len(f.b) > 0 {
		return nil, fmt.Errorf("%w: row %d of lane %q", ErrDamaged, id, lane)
	}
	return r, nil
}

// laneCount is what is kept of a lane that has rows.
type laneCount struct{ waiting, parked uint64 }

func (c laneCount) encode() []byte {
	return binary.AppendUvarint(binary.AppendUvarint(nil, c.waiting), c.parked)
}

func decodeLane(lane string, raw []byte) (laneCount, error) {
	f := fields{b: raw}
	c := laneCount{f.uvarint(), f.uvarint()}
	if f.bad || len(f.b) > 0 {
		return c, fmt.Errorf("%w: lane %q", ErrDamaged, lane)
	}
	return c, nil
}

// ref is how a list of heads names a row: id, then lane.
func ref(lane string, id uint64) []byte {
	return append(binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(lane)), id), lane...)
}

func decodeRef(b []byte) (lane string, id uint64, err error) {
	if len(b) <= 8 {
		return "", 0, fmt.Errorf("%w: a reference to a row", ErrDamaged)
	}
	return string(b[8:]), binary.BigEndian.Uint64(b), nil
}

func bigEndian(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// idOf reads the id at the end of a key.
func idOf(key []byte) uint64 { return binary.BigEndian.Uint64(key[len(key)-8:]) }
