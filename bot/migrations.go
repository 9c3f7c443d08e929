package bot

// Migrations are the changes of stored records since the first version, oldest first. A released one is never edited,
// removed or moved.
func Migrations() []Migration { return nil }
