package register

import "strings"

func set(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}

// functional are the words that carry no meaning of their own, folded. They do not count as words in between, and
// are no part of a phrase that has two other words.
var functional = set(`
aber alle allem allen aller alles als also am an auch auf aus bei beim bis da damit dann das dass dem den denn der
deren des dessen deshalb die dies diese diesem diesen dieser dieses doch dort du durch ein eine einem einen einer eines
er es etwa etwas euch euer eure fuer gegen hab habe haben hat hatte hatten her herr herrn frau hier hin ich ihm ihn ihnen ihr ihre ihrem
ihren ihrer im in ins ist ja jede jedem jeden jeder jedes jetzt kann kein keine keinem keinen keiner kommt koennen
man mal mehr mein meine mich mir mit muss muessen nach nicht nichts noch nun nur ob oder ohne schon sehr sei sein seine
seinem seinen seiner seit sich sie sind so soll sollen sollte sollten sondern statt ueber um und uns unser unsere unserem
unseren unserer unter vom von vor wann war waren warum was weg wegen weil welche wenn wer werde werden wie wieder will wir
wird wo wollen worden wurde wurden zu zum zur zwar zwischen
a about after all also am an and any are as at be because been before being between but by can could did do does down for
from had has have he her here him his how i if in into is it its just may me might more most mr mrs ms must my no nor not of off on
one only or other our out over shall she should since so some such than that the their them then there these they this
those through to too under until up upon us very was we were what when where which while who whom why will with would
you your
`)

// auxiliary are the functional words that change their place: "teurer werden", "wird teurer".
var auxiliary = set("haben hat sein ist sind werden wird wollen will be is have has do")

// frequent are further words that stand in so many messages that a flag on one of them would stop half the line.
var frequent = set(`
abend angebot anfang anfrage anrufen antwort arbeit arbeiten aufgabe beispiel beitrag bekommen besser bild bilder
bitte bleiben bleibt brauchen braucht bringen buero chef danke denken deutsch dienstag donnerstag drei eben eher eigentlich
einfach einmal ende ersten erste fall fertig finden firma frage fragen freitag frueh ganz geben gehen geht gemacht genau gerade
gern gerne gesagt gestern gibt glaube gleich gross grosse gruss gut gute guten halten hallo haus heute hilfe hoch idee
immer jahr jahre jemand kennt klar klein kleine kollege kollegen kommen kommunikation kunde kunden kurz lange lassen
laeuft leider letzte letzten leute liebe machen macht mag mann mensch menschen mitarbeiter mittwoch moin monat montag
morgen moechte nachricht name neu neue neuen neuer neues nie nehmen nein oben oft ok okay problem projekt pumpe
punkt recht reden richtig sache sagen sagt sagte samstag schoen schreiben seite sehen selbst sicher sonntag sonst stand
stehen steht stelle stellen stimmt stunde stunden tag tage teil thema themen tun uhr unternehmen viel viele vielen vielleicht
voll vorher wahr weiss weit weiter welt wenig wichtig wirklich wissen woche wochen wohl wort zahl zeigen zeit ziel zwei
again always answer ask back bad best better big blog bring call check colleague come company customer day different done
draft each email end even every example feel few find first fine friday get give go going good great group guess guys happy
hear hello help hey hi idea important keep kind know last later launch let like line little long look lot made make man many
maybe mean meeting message monday month morning much name need never new news next nice nothing now old okay once open
ours own page part people person place plan please point post problem product project question quite read ready really
right said same saturday say see seem send set share small something soon start still sunday sure take talk team tell thank
thanks thing things think thought thursday time today together tomorrow topic try tuesday two use using want way wednesday week
well went wonder word work world write year years yes yesterday yet
`)

// particles go before verbs and their nouns. What they make of a word is another word: "Verhaftung" is no "Haftung".
var particles = set(`ab an auf aus be bei dar durch ein emp ent er fehl fort ge gegen her heraus herum hervor hin hinaus hinter hinzu
los miss mit nach nieder ober rueck ueber um un unter ur ver vor voran voraus vorbei weg weiter wider wieder wohl zer zu zurueck zusammen`)

// separable are the particles that stand apart in "tritt zurück" and let ge and zu in: "zurückgetreten".
var separable = []string{
	"auseinander", "zusammen", "zurueck", "heraus", "herunter", "herum", "hinaus", "hinzu", "nieder", "voraus", "vorbei",
	"weiter", "wieder", "nach", "fest", "fort", "frei", "fehl", "teil", "stil", "auf", "aus", "bei", "ein", "her",
	"hin", "los", "mit", "vor", "weg", "ab", "an", "um", "zu",
}

// inseparable prefixes keep ge out: "verkauft".
var inseparable = []string{"hinter", "ueber", "unter", "miss", "wider", "emp", "ent", "ver", "zer", "be", "er", "ge"}

// strangers hold another common word by accident of spelling; folded.
var strangers = []string{
	"ankuendig", "uebermitt", "diffusion", "infusion", "konfusion", "confusion", "profusion", "transfusion", "perfusion", "suffusion",
	"prozessor", "processor", "patentant", "emergen", "prozession", "reporter", "bestandteil", "bescheinigung", "reformhaus",
	"verantwort", "gerichtet", "sekunde", "urkunde", "streikig", "abstreich", "strikt", "restrik", "kommission", "emission",
	"transmission", "permission", "opposition", "komposition", "composition", "disposition", "exposition", "kombination",
	"destination", "koordination", "generation", "operation", "migration", "integration", "kooperation", "konzentration",
	"registration", "administration", "demonstration", "konfrontation", "dokumentation", "praesentation", "implementation",
	"installation", "interaktion", "reaktion", "redaktion", "attraktion", "transaktion", "abstraktion", "infektion", "konstruktion",
	"instruktion", "inspektion", "interpret", "vorverkauf", "schlussverkauf", "waschmittel", "lebensmittel", "kreditor", "akkredit",
	"misskredit", "kreditkart", "verschuld", "entschuldig", "gehaltvoll", "gehalten", "vertragen", "unfallfrei", "preiselbeer",
	"preisgeb", "lobpreis", "verpreis", "klagenfurt", "marktplatz",
}
