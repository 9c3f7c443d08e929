package register

import "strings"

// strong lists the verbs that change their vowel, folded: the stem of the infinitive, then its other stems. A longer
// verb ends in one of them: "zurücktreten".
var strong = table(`
nehm nimm naehm nahm nomm
geb gib gab gaeb
tret tritt trat traet
schliess schloss schloess
greif griff
steig stieg
sink sank sunk saenk
fall faell fiel
lass laess liess
halt haelt hielt
zieh zog zoeg
bieg bog
biet bot
lieg lag laeg
flieg flog
verlier verlor
frier fror
riech roch
brech brich brach broch braech
sprech sprich sprach sproch spraech
treff triff traf troff traef
werf wirf warf worf wuerf
sterb stirb starb storb
helf hilf half holf
werb wirb warb worb
verderb verdirb verdarb verdorb
stehl stiehl stahl stohl
befehl befiehl befahl befohl
find fand fund faend
bind band bund baend
spring sprang sprung
zwing zwang zwung
sing sang sung
dring drang drung
gewinn gewann gewonn
beginn begann begonn
schwind schwand schwund
trink trank trunk
schreib schrieb
bleib blieb
treib trieb
scheid schied
weis wies
streit stritt
schneid schnitt
leid litt
reiss riss
schweig schwieg
leih lieh
steh stand staend
geh ging gang
lad laed lud
fahr faehr fuhr fuehr
trag traeg trug trueg
schlag schlaeg schlug
wachs waechs wuchs
schaff schuf
ruf rief
lauf laeuf lief
stoss stoess stiess
rat raet riet
fang faeng fing
komm kam kaem
les lies las laes
seh sieh sah saeh
ess iss ass gess
mess miss mass
vergess vergiss vergass
bring brach braecht bracht
denk dacht daecht
kenn kann kannt
nenn nannt
brenn brannt
wend wandt
send sandt
werd wird wurd word
genies genoss
giess goss
fliess floss
schiess schoss
heb hob hoeb
schieb schob
heiss hiess
`)

// irregular lists English verbs: the plain form, then its other forms.
var irregular = table(`
lay laid
sell sold
buy bought
shut shut shutting
cut cut cutting
take took taken taking
make made making
leave left leaving
lose lost losing
fall fell fallen
rise rose risen rising
break broke broken breaking
steal stole stolen stealing
give gave given giving
go went gone goes
get got gotten getting
pay paid
quit quit quitting
split split splitting
spin spun spinning
run ran running
bring brought
build built
catch caught
choose chose chosen choosing
come came coming
cost cost
deal dealt
draw drew drawn
drive drove driven driving
fight fought
find found
fly flew flown flies
freeze froze frozen freezing
grow grew grown
hit hit hitting
hold held
keep kept
know knew known
lead led
lend lent
lie lied lying
meet met
put put putting
set set setting
shake shook shaken shaking
shrink shrank shrunk
sink sank sunk
speak spoke spoken
spend spent
spread spread
stand stood
stick stuck
strike struck stricken striking
sue sued suing
swear swore sworn
teach taught
tear tore torn
tell told
think thought
throw threw thrown
wear wore worn
win won winning
withdraw withdrew withdrawn
write wrote written writing
overtake overtook overtaken overtaking
undergo underwent undergone
`)

// table reads lines of words into a map from the first to the others.
func table(lines string) map[string][]string {
	m := map[string][]string{}
	for line := range strings.Lines(lines) {
		if f := strings.Fields(line); len(f) > 0 {
			m[f[0]] = f[1:]
		}
	}
	return m
}

// stems returns the stem of a German verb and those with its other vowels.
func stems(stem string) []string {
	all := []string{stem}
	for i := range stem {
		if alts, ok := strong[stem[i:]]; ok && (i == 0 || prefixed(stem[:i])) {
			for _, a := range alts {
				all = append(all, stem[:i]+a)
			}
			break
		}
	}
	return all
}

// prefixed reports whether s can stand before a verb.
func prefixed(s string) bool {
	if particles[s] {
		return true
	}
	for _, p := range separable {
		if rest, ok := strings.CutPrefix(s, p); ok && (rest == "" || particles[rest]) {
			return true
		}
	}
	return false
}

// separate cuts the separable particle off a verb's stem; rest keeps three letters.
func separate(stem string) (particle, rest string, ok bool) {
	fixed := 0
	for _, p := range inseparable {
		if strings.HasPrefix(stem, p) {
			fixed = len(p)
			break
		}
	}
	for _, p := range separable {
		if rest, ok := strings.CutPrefix(stem, p); ok && len(rest) > 2 && len(p) > fixed {
			return p, rest, true
		}
	}
	return "", stem, false
}

// bare reports whether the participle of a verb takes no ge.
func bare(stem string) bool {
	for _, p := range inseparable {
		if strings.HasPrefix(stem, p) && len(stem) > len(p)+2 {
			return true
		}
	}
	return strings.HasSuffix(stem, "ier")
}
