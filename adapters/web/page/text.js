// Texts: those of the page, in the language of the chosen person, and those of people, which are shown as text and
// never as markup.

let words = {};
let locale = 'de-DE';

/** speak chooses the page's texts and the way that times are written. */
export function speak(texts, language) {
  words = texts;
  locale = language === 'en' ? 'en-GB' : 'de-DE';
  document.documentElement.lang = language;
}

/** t is a text of the page with its braces filled. */
export function t(name, values = {}) {
  if (!(name in words)) throw new Error(`no text ${name}`);
  return words[name].replace(/\{(\w+)\}/g, (_, key) => String(values[key]));
}

/** translated chooses among the same words in several languages. */
export const translated = (words) => words[document.documentElement.lang];

/** list joins names as the language does: "a, b und c". */
export const list = (names) => new Intl.ListFormat(locale).format(names);

export const clock = (at) => new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' }).format(at);

export const moment = (at) => new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short' }).format(at);

/** day names a date as people do. */
export function day(at, now = new Date()) {
  const midnight = (d) => new Date(d.getFullYear(), d.getMonth(), d.getDate());
  const ago = Math.round((midnight(now) - midnight(at)) / 864e5);
  if (ago === 0) return t('today');
  if (ago === 1) return t('yesterday');
  const parts = { weekday: 'long', day: 'numeric', month: 'long' };
  if (at.getFullYear() !== now.getFullYear()) parts.year = 'numeric';
  return new Intl.DateTimeFormat(locale, parts).format(at);
}

/**
 * plain makes foreign text harmless to look at: control characters become visible signs, and what would turn the
 * direction of the text around it goes.
 */
export function plain(text) {
  return text
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)))
    .replace(/\u007f/g, '\u2421')
    .replace(/[\u0080-\u009f]/g, '\ufffd')
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, '');
}

/** name is plain text of one line. */
export const name = (text) => plain(text).replace(/\s+/g, ' ').trim();

/** fill shows foreign text in an element, with links for what is an address on the web. */
export function fill(element, text) {
  const safe = plain(text);
  let from = 0;
  for (const match of safe.matchAll(/\bhttps?:\/\/[^\s<>"'`„“”‚‘’«»]+/giu)) {
    const address = trimmed(match[0]);
    if (!leadsWhereItSays(address)) continue;
    element.append(safe.slice(from, match.index));
    const link = document.createElement('a');
    link.href = address;
    link.target = '_blank';
    link.rel = 'noopener noreferrer nofollow';
    link.textContent = address;
    element.append(link);
    from = match.index + address.length;
  }
  element.append(safe.slice(from));
  return element;
}

/**
 * mark marks words in an element that was filled: everywhere they stand by themselves or, if they nowhere do, as parts of
 * longer words.
 */
export function mark(element, marks) {
  const words = [...new Set(marks.map(plain))].filter((one) => one.trim() !== '').sort((a, b) => b.length - a.length);
  for (const one of words) if (!markIn(element, one, true)) markIn(element, one, false);
  return element;
}

const letter = /[\p{L}\p{M}\p{N}]/u;

/** markIn marks one text in all that is not marked yet, and reports whether it stands there. */
function markIn(element, words, alone) {
  let found = false;
  const walk = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode;
    const at = node.parentElement.closest('mark') ? -1 : placeOf(words, node.data, alone);
    if (at < 0) continue;
    found = true;
    walk.currentNode = wrap(node, at, words.length, document.createElement('mark')); // the rest comes next
  }
  return found;
}

/** wrap puts a part of a text into an element, and returns that part. */
function wrap(node, at, length, around) {
  const part = node.splitText(at);
  part.splitText(length);
  part.replaceWith(around);
  around.append(part);
  return part;
}

/** unbroken keeps references such as M-1 in an element that was filled from being cut at the end of a line. */
export function unbroken(element) {
  const walk = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode;
    const found = node.parentElement.className === 'whole' ? null : /\b[A-Z]-\d+/u.exec(node.data);
    if (!found) continue;
    const whole = document.createElement('span');
    whole.className = 'whole';
    walk.currentNode = wrap(node, found.index, found[0].length, whole);
  }
  return element;
}

/** placeOf is where words begin in a text; -1 for nowhere. */
function placeOf(words, text, alone) {
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + 1)) {
    const before = [...text.slice(0, at)].at(-1) ?? '';
    const [after = ''] = text.slice(at + words.length);
    if (!alone || !(letter.test(before) || letter.test(after))) return at;
  }
  return -1;
}

/** trimmed leaves out the punctuation of the sentence around an address. */
function trimmed(address) {
  let end = address.length;
  for (; end > 0; end--) {
    const last = address[end - 1];
    if (last === ')' && address.slice(0, end).includes('(')) break;
    if (!'.,;:!?…)]}*_~'.includes(last)) break;
  }
  return address.slice(0, end);
}

/** fileSize says how large a file is, in powers of a thousand as people know them. */
export function fileSize(bytes) {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  const at = [999.5, 999_500, 999_500_000].filter((end) => bytes >= end).length;
  const value = bytes / 1000 ** at;
  return new Intl.NumberFormat(locale, {
    style: 'unit', unit: units[at], unitDisplay: 'short', maximumFractionDigits: at > 1 && value < 9.95 ? 1 : 0,
  }).format(value);
}

/** leadsOn tells whether an address may become a link. */
export const leadsOn = (address) => /^https?:/i.test(address ?? '') && leadsWhereItSays(address);

/** leadsWhereItSays is false for addresses that are made to be misread. */
function leadsWhereItSays(address) {
  try {
    const url = new URL(address);
    return url.hostname !== '' && url.username === '' && url.password === '';
  } catch {
    return false;
  }
}
