// Package register finds sensitive subjects in what people write: a matcher for the terms of PR's flags, in German and
// in English.
//
// # What is found
//
// A term is a word or a phrase. It is found in its inflected forms ("Entlassung": Entlassungen, entlassen; "raise
// prices": raised the price), in any case, with umlauts spelled ü, ue or carelessly u, and hidden by look-alike letters,
// invisible characters, spaced-out letters or digits for letters. Further rules:
//
//   - A word of six letters or more is also found as the first, last or middle part of a compound
//     ("Übernahmeangebot", "Bankenfusion"), a shorter one only by itself: "Werk" is not found in "Werkstatt", nor
//     "Ente" in "entern". Parts must look like words: "Diffusion" holds no fusion.
//   - Hyphens and line breaks join: "Stellen-Abbau", "Über-nahme", "Preis- und Gebührenerhöhung".
//   - The words of a phrase may stand in any order within one sentence, with up to three other words in between, not
//     counting articles and the like; a comma counts for three. Where a little word matters they keep their order ("lay
//     off", "um Rückruf"). A compound is also found taken apart ("Abbau von Stellen"), and so are separable verbs
//     ("tritt im Mai zurück").
//   - An excluded phrase takes back the hits inside it: "Übernahme" without "Übernahme der Azubis".
//   - Links, addresses and code between backticks are not read.
//
// What is said in other words is not found, and another sense of the same word is: a hit is a reason to look, not a
// proof. The tests measure both.
//
// # How it works
//
// [Compile] writes every form of every word down ahead of time: short ones whole in one table, long ones as a core
// with its permitted endings, found by its first six letters. [Matcher.Match] folds a text to plain letters and looks at
// each position once; a bitmap answers nearly always that nothing starts there. So the cost of a message hardly
// depends on the number of terms. Stemming each word of each message was measured first: several times as slow, and it
// takes Ente and entern for one word.
//
// Terms are secret: no error, hit or text of this package that is meant for others than PR repeats one.
package register
