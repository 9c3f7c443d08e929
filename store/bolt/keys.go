package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"go.etcd.io/bbolt"
)

// Text inside a key is closed by 00 01, and a 00 in it is written 00 FF. Shorter text thus sorts before longer text
// that begins with it, whatever follows. The last part of a key is neither escaped nor closed where it can be told apart.
const (
	nul     = 0x00
	closing = 0x01
	escaped = 0xff
)

// appendPart appends text, escaped and closed.
func appendPart(key []byte, text string) []byte {
	return append(appendOpen(key, text), nul, closing)
}

// appendOpen appends text, escaped but not closed: the bound of everything not less than text.
func appendOpen(key []byte, text string) []byte {
	for {
		i := strings.IndexByte(text, nul)
		if i < 0 {
			return append(key, text...)
		}
		key = append(key, text[:i]...)
		key = append(key, nul, escaped)
		text = text[i+1:]
	}
}

// cutPart splits key behind its first part.
func cutPart(key []byte) (text string, rest []byte, err error) {
	i := bytes.IndexByte(key, nul)
	if i >= 0 && i+1 < len(key) && key[i+1] == closing {
		return string(key[:i]), key[i+2:], nil
	}
	var b strings.Builder
	for i >= 0 && i+1 < len(key) && key[i+1] == escaped {
		b.Write(key[:i+1])
		key = key[i+2:]
		i = bytes.IndexByte(key, nul)
	}
	if i < 0 || i+1 >= len(key) || key[i+1] != closing {
		return "", nil, fmt.Errorf("%w: a key is not closed", ErrDamaged)
	}
	b.Write(key[:i])
	return b.String(), key[i+2:], nil
}

// after returns the least key above all keys that begin with prefix, which ends with a closed part or is empty.
func after(prefix []byte) []byte {
	end := bytes.Clone(prefix)
	if n := len(end); n > 0 {
		end[n-1]++
	}
	return end
}

func recordKey(kind, key string) ([]byte, error) {
	k := appendPart(make([]byte, 0, len(kind)+len(key)+2), kind)
	k = append(k, key...)
	if kind == "" || key == "" || len(k) > bbolt.MaxKeySize {
		return nil, fmt.Errorf("%w: kind %.40q, key %.40q (%d bytes)", ErrKey, kind, key, len(key))
	}
	return k, nil
}

func entryKey(kind, key, index, value string) ([]byte, error) {
	k := make([]byte, 0, len(kind)+len(key)+len(index)+len(value)+6)
	k = appendPart(appendPart(appendPart(k, kind), index), value)
	k = append(k, key...)
	if index == "" || len(k) > bbolt.MaxKeySize {
		return nil, fmt.Errorf("%w: index %.40q of kind %q, value %.40q (%d bytes)", ErrKey, index, kind, value, len(value))
	}
	return k, nil
}

// A row is waiting, the one being sent included, or parked.
const (
	waiting = 'a'
	parked  = 'p'
)

func laneKey(lane string) ([]byte, error) {
	k := appendPart(make([]byte, 0, len(lane)+2), lane)
	if lane == "" || len(k)+16 > bbolt.MaxKeySize {
		return nil, fmt.Errorf("%w: lane %.40q (%d bytes)", ErrKey, lane, len(lane))
	}
	return k, nil
}

func rowKey(lane string, class byte, id uint64) []byte {
	k := appendPart(make([]byte, 0, len(lane)+11), lane)
	return binary.BigEndian.AppendUint64(append(k, class), id)
}

// A stamp is an instant of twelve bytes in the order of time: seconds, biased to be positive, and nanoseconds.
const stampSize = 12

func appendStamp(b []byte, t time.Time) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(t.Unix())^(1<<63))
	return binary.BigEndian.AppendUint32(b, uint32(t.Nanosecond()))
}

func stampAt(b []byte) time.Time {
	seconds := int64(binary.BigEndian.Uint64(b) ^ (1 << 63))
	return time.Unix(seconds, int64(binary.BigEndian.Uint32(b[8:]))).UTC()
}
