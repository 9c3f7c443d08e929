package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime/debug"

	"standleitung/bot"
)

// migrate runs the migrations that the store has not seen, each in a transaction with the note that it ran.
func (s *Store) migrate(ctx context.Context, known []bot.Migration) error {
	if err := checkMigrations(known); err != nil {
		return err
	}
	var ran []string
	if err := contained(func() (err error) {
		ran, err = s.migrated()
		return err
	}); err != nil {
		return err
	}
	if err := knownMigrations(ran, known); err != nil {
		return err
	}
	for i, m := range known[len(ran):] {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.runMigration(len(ran)+i, m); err != nil {
			return fmt.Errorf("migration %q: %w", m.Name, err)
		}
		s.log.Info("migration ran", "migration", m.Name)
	}
	return nil
}

func checkMigrations(known []bot.Migration) error {
	seen := make(map[string]bool)
	for i, m := range known {
		if m.Name == "" || m.Run == nil || seen[m.Name] {
			return fmt.Errorf("migration %d %q: it needs a name of its own, and something to run", i+1, m.Name)
		}
		seen[m.Name] = true
	}
	return nil
}

// migrated returns the names of the migrations that ran, in order.
func (s *Store) migrated() (names []string, err error) {
	err = s.alone(func(u *unit) error {
		names = migrationsIn(u.header)
		return nil
	})
	return names, err
}

func (s *Store) runMigration(at int, m bot.Migration) error {
	// A panic of the migration is a fault of the program, one of bbolt is damage; both come back as errors.
	var stack []byte
	err := contained(func() error {
		return s.alone(func(u *unit) (err error) {
			defer func() {
				if p := recover(); p != nil {
					stack = debug.Stack()
					err = fmt.Errorf("panic: %v", p)
					if u.fault != nil {
						err = fmt.Errorf("%w: %v", ErrDamaged, u.fault.value)
					}
				}
			}()
			if err := m.Run(u); err != nil {
				return err
			}
			note := binary.BigEndian.AppendUint16(bytes.Clone(keyMigration), uint16(at))
			return errors.Join(u.bad, u.write(u.header, note, nil, []byte(m.Name)))
		})
	})
	if stack != nil {
		s.log.Error("migration panicked", "migration", m.Name, "stack", string(stack))
	}
	return err
}
