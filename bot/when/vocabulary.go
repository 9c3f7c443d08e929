package when

import "strings"

// row lists the words of one kind: groups of synonyms, parted by ";", that count up from one value by a step.
type row struct {
	kind       kind
	lang       language
	from, step int
	words      string
}

var (
	deOnes = strings.Fields("null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn " +
		"sechzehn siebzehn achtzehn neunzehn")
	enOnes = strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen " +
		"sixteen seventeen eighteen nineteen")
	enOrdinals = strings.Fields("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth " +
		"fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth")
)

var vocabulary = []row{
	{kWeekday, german, 0, 1, "sonntag;montag mo;dienstag di;mittwoch mi;donnerstag;freitag fr;samstag sa sonnabend"},
	{kWeekday, english, 0, 1, "sunday;monday;tuesday tue tues;wednesday weds;thursday thu thur thurs;friday fri;saturday"},
	{kShortDay, german, 0, 1, "so;;;;do"},
	{kShortDay, english, 0, 1, "sun;mon;;wed;;;sat"},
	{kEachDay, german, 0, 1, "sonntags;montags;dienstags;mittwochs;donnerstags;freitags;samstags sonnabends"},
	{kEachDay, english, 0, 1, "sundays;mondays;tuesdays;wednesdays;thursdays;fridays;saturdays"},
	{kMonth, german, 1, 1, "januar jänner jan;februar feber feb;märz mär mrz;april apr;mai;juni jun juno;juli jul;august aug;" +
		"september sep sept;oktober okt;november nov;dezember dez"},
	{kMonth, english, 1, 1, "january jan;february feb;march mar;april apr;may;june jun;july jul;august aug;september sep sept;" +
		"october oct;november nov;december dec"},
	{kNear, german, -2, 1, "vorgestern;gestern;heute heut;morgen morjen;übermorgen;überübermorgen"},
	{kNear, english, -1, 1, "yesterday;today tdy;tomorrow tmrw tmr tmw tommorow tommorrow tomorow tomorro;overmorrow"},
	{kNow, german, 0, 0, "jetzt"},
	{kNow, english, 0, 0, "now"},
	{kPart, german, 0, 1, "früh frühmorgens;;vormittag vormittags;mittag mittags;nachmittag nachmittags;abend abends;" +
		"nacht nachts;mitternacht;feierabend dienstschluss büroschluss geschäftsschluss"},
	{kPart, german, partEarly, 0, "morgen morgens"},
	{kPart, english, partMorning, 1, "morning mornings;forenoon;noon midday lunchtime lunch;afternoon afternoons;evening evenings;" +
		"night nights;midnight;cob"},
	{kPart, both, partClose, 0, "eod eob"},
	{kUnit, german, int(minutes), 1, "minute minuten min;stunde stunden std h;tag tage tagen t;" +
		"werktag werktage werktagen arbeitstag arbeitstage arbeitstagen;woche wochen kw kalenderwoche;wochenende wochenenden;;" +
		"monat monate monaten monats;quartal quartale quartals vierteljahr;jahr jahre jahren jahres"},
	{kUnit, english, int(minutes), 1, "minute minutes min mins;hour hours hr hrs h;day days d;workday workdays weekday weekdays;" +
		"week weeks w wk wks;weekend weekends;fortnight fortnights;month months;quarter quarters;year years yr yrs"},
	{kNumber, german, 1, 0, "ein eine einem einer einen eines eins nem ner"},
	{kNumber, german, 2, 0, "zwo"},
	{kNumber, english, 1, 0, "a an"},
	{kFew, german, 0, 0, "paar einigen einige wenigen mehreren"},
	{kFew, english, 0, 0, "few couple several some"},
	{kHalf, german, 0, 0, "halb halbe halben halber halbes"},
	{kHalf, english, 0, 0, "half"},
	{kQuarter, german, 0, 0, "viertel"},
	{kQuarter, english, 0, 0, "quarter"},
	{kThree, german, 0, 0, "dreiviertel"},
	{kOneHalf, german, 1, 1, "anderthalb eineinhalb;zweieinhalb;dreieinhalb"},
	{kHalfUnit, german, 15, 15, "viertelstunde;;dreiviertelstunde"},
	{kThis, german, 0, 0, "dieser diese diesen dieses diesem aktuelle aktuellen laufende laufenden"},
	{kThis, english, 0, 0, "this current"},
	{kComing, german, 0, 0, "kommende kommenden kommender kommendes kommendem"},
	{kComing, english, 0, 0, "coming upcoming"},
	{kNext, german, 0, 0, "nächste nächsten nächster nächstes nächstem folgende folgenden folgender"},
	{kNext, english, 0, 0, "next nxt following"},
	{kAfterNext, german, 0, 0, "übernächste übernächsten übernächster übernächstes übernächstem"},
	{kLast, german, 0, 0, "letzte letzten letzter letztes letztem vorige vorigen voriger vergangene vergangenen vergangener"},
	{kLast, english, 0, 0, "last past previous final"},
	{kEvery, german, 0, 0, "jede jeden jeder jedes jedem"},
	{kEvery, english, 0, 0, "every each"},
	{kBegin, german, 0, 0, "anfang beginn start"},
	{kBegin, english, 0, 0, "beginning start begin"},
	{kMiddle, german, 0, 0, "mitte"},
	{kMiddle, english, 0, 0, "middle mid"},
	{kEnd, german, 0, 0, "ende schluss"},
	{kEnd, english, 0, 0, "end"},
	{kEarly, german, 0, 0, "frühe frühen früher früh"},
	{kEarly, english, 0, 0, "early"},
	{kLate, german, 0, 0, "späte späten später spät"},
	{kLate, english, 0, 0, "late"},
	{kBeginOf, german, int(weeks), 0, "wochenanfang wochenbeginn wochenstart"},
	{kBeginOf, german, int(months), 1, "monatsanfang monatsbeginn monatswechsel;quartalsanfang quartalsbeginn;jahresanfang jahresbeginn"},
	{kMiddleOf, german, int(weeks), 0, "wochenmitte"},
	{kMiddleOf, german, int(months), 1, "monatsmitte;quartalsmitte;jahresmitte"},
	{kEndOf, german, int(months), 1, "monatsende monatsschluss;quartalsende quartalsschluss;jahresende jahresschluss"},
	{kEndOf, both, int(weeks), 0, "eow"},
	{kEndOf, both, int(months), 1, "eom;eoq;eoy"},
	{kWeekNo, german, 0, 0, "kw kalenderwoche woche"},
	{kWeekNo, english, 0, 0, "kw week wk cw w"},
	{kUhr, german, 0, 0, "uhr h"},
	{kUhr, english, 0, 0, "hours hrs h uhr"},
	{kOclock, english, 0, 0, "oclock"},
	{kMeridiem, both, 0, 12, "am;pm"},
	{kClockAt, german, 0, 0, "um"},
	{kClockAt, english, 0, 0, "at"},
	{kAbout, german, 0, 0, "gegen bis ab circa ca etwa ungefähr"},
	{kAbout, english, 0, 0, "by around about until till til circa approx from"},
	{kIn, both, 0, 0, "in"},
	{kWithin, german, 0, 0, "binnen innerhalb"},
	{kWithin, english, 0, 0, "within"},
	{kBefore, german, 0, 0, "vor vorm"},
	{kBefore, english, 0, 0, "before"},
	{kAfter, german, 0, 0, "nach"},
	{kAfter, english, 0, 0, "after following"},
	{kFrom, german, 0, 0, "ab"},
	{kFrom, english, 0, 0, "from"},
	{kAgo, english, 0, 0, "ago"},
	{kAnd, both, 0, 0, "und and u"},
	{kOr, both, 0, 0, "oder or bzw"},
	{kUntil, both, 0, 0, "bis to until till through thru"},
	{kBetween, both, 0, 0, "zwischen between von vom from entweder either"},
	{kFill, german, 0, 0, "am an ab auf bis zum zur zu vom von für der die das den dem des im in um gegen schon erst dann also mal so gleich punkt " +
		"spätestens frühestens circa ca etwa wieder bereits noch ungefähr voraussichtlich genau pünktlich"},
	{kFill, english, 0, 0, "at by on for of the until till til due from in around about approximately approx starting no later than " +
		"latest towards toward not maybe probably say during sometime calendar"},
	{kTail, both, 0, 0, "bitte please pls danke thanks thx sharp pünktlich spätestens genau rum herum ish latest noch"},
	{kZone, both, 0, 60, "utc gmt;mez cet;mesz cest"},
}
