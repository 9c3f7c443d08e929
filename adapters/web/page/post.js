// Posts and cards.

import { icon, make } from './dom.js';
import { PostMenu } from './menu.js';
import { rich } from './rich.js';
import { clock, day, fileSize, fill, leadsOn, mark, moment, name, plain, t, unbroken } from './text.js';
import { author, face } from './who.js';

const long = 1400; // characters from which a post is folded

/** PostView shows one post and holds the answers to it. */
export class PostView {
  /** act has the functions reply, press, busy, trouble, retry, recall, has, and those of PostMenu. */
  constructor(act, reply) {
    this.act = act;
    this.content = make('div', { className: 'post' });
    this.replies = make('ol', { className: 'replies', hidden: true });
    this.element = make('li', { className: reply ? 'entry reply' : 'entry', tabIndex: -1 }, this.content, this.replies);
    this.element.addEventListener('focusin', () => this.#reachable(true));
    this.element.addEventListener('focusout', () => this.#reachable(false));
  }

  /** show draws a post, if it is another state than the one that is shown. */
  show(post) {
    if (post === this.post) return;
    const held = this.content.contains(document.activeElement) ? document.activeElement : null;
    this.post = post;
    this.element.classList.toggle('sending', Boolean(post.state));
    this.#menued(post);
    this.content.replaceChildren(face(this.act.setup, post), this.#body(post));
    if (held) this.#focus(held);
  }

  /** redraw shows the same post again, after a button was pressed or answered; the focus goes where aim says. */
  redraw(aim) {
    const post = this.post;
    this.post = null;
    this.show(post);
    if (aim) (this.content.querySelector(aim) ?? this.element).focus();
  }

  /** menued has the actions at hand, for as long as there is something to do. */
  #menued(post) {
    if (!this.act.has(post)) this.menu = null;
    else if (this.menu) this.menu.post = post;
    else this.menu = new PostMenu(this.act, post, (aim) => this.menu && this.redraw(aim));
  }

  /** continues marks a post that goes on where the one before it ended. */
  continues(yes) {
    this.element.classList.toggle('more', yes);
  }

  #focus(held) {
    const again = this.content.contains(held) ? held
      : [...this.content.querySelectorAll('button')].find((button) => key(button) === key(held));
    (again ?? this.element).focus({ preventScroll: true });
    this.#reachable(true);
  }

  #reachable(yes) {
    for (const button of this.content.querySelectorAll('.answer')) button.tabIndex = yes ? 0 : -1;
  }

  #body(post) {
    const body = make('div', { className: 'body' }, this.#by(post));
    if (post.private) body.append(make('p', { className: 'only' }, t('onlyYou')));
    if (post.deleted) body.append(make('p', { className: 'text gone' }, t('deleted')));
    else if (post.card) body.append(this.#card(post));
    else body.append(...origin(post), this.menu?.editor ?? words(post), ...files(post, this.act.person));
    body.append(...[this.menu?.reactions(), this.menu?.row(), this.menu?.trouble()].filter(Boolean));
    if (post.state) body.append(...this.#sending(post));
    return body;
  }

  #by(post) {
    const at = new Date(post.at);
    const who = author(this.act.setup, post);
    const by = make('div', { className: 'by' },
      make('i', { className: 'dot', 'data-tint': who.tint, 'aria-hidden': 'true' }),
      make('bdi', { className: 'name' }, who.name));
    if (who.title) by.append(make('bdi', { className: 'title' }, who.title));
    if (who.via) by.append(make('bdi', { className: 'via', title: who.via }, who.via));
    by.append(make('time', { dateTime: post.at, title: moment(at) }, clock(at)));
    const acts = this.#acts(post, who);
    if (acts.length) by.append(make('span', { className: 'acts' }, ...acts));
    return by;
  }

  /** acts are the quiet buttons beside the name. */
  #acts(post, who) {
    const acts = [];
    if (this.act.reply && !post.state && !post.deleted && !post.private && !post.thread) {
      acts.push(make('button', {
        type: 'button', className: 'answer', tabIndex: -1, title: t('reply'),
        'aria-label': t('replyTo', { name: who.name }), on: { click: () => this.act.reply(post) },
      }, icon('M8 5 3.5 9.5 8 14M4 9.5h8a4.5 4.5 0 0 1 4.5 4.5v1')));
    }
    if (this.menu) acts.push(this.menu.handle());
    return acts;
  }

  #sending(post) {
    if (post.state !== 'failed') {
      return post.state === 'late' ? [make('p', { className: 'fate' }, t('late'))] : [];
    }
    const quiet = (label, act) => make('button', { type: 'button', on: { click: () => act(post) } }, label);
    return [
      make('p', { className: 'fate failed' }, post.words ?? t('failed')),
      make('div', { className: 'row' },
        quiet(t('retry'), this.act.retry), quiet(t('recall'), this.act.recall)),
    ];
  }

  #card(post) {
    const card = post.card;
    const box = make('div', {
      className: boxed(card) ? 'card' : 'said', 'data-tone': card.tone || undefined, lang: post.language || undefined,
    });
    const tone = { hold: t('toneHold'), fault: t('toneFault') }[card.tone];
    if (tone) box.append(make('span', { className: 'sr' }, tone));
    if (card.title) box.append(unbroken(fill(make('h3', { dir: 'auto' }), card.title)));
    if (card.meta) box.append(fill(make('p', { className: 'meta', dir: 'auto' }), card.meta));
    if (card.quote) box.append(mark(fill(make('blockquote', { dir: 'auto' }), card.quote), card.marks ?? []));
    if (card.text) box.append(fill(make('p', { className: 'text', dir: 'auto' }), card.text));
    if (card.facts?.length) box.append(make('dl', { className: 'facts' }, ...card.facts.map((fact) => make('div', {},
      make('dt', { dir: 'auto' }, fact.label), fill(make('dd', { dir: 'auto' }), fact.value)))));
    if (card.items?.length) box.append(make('ul', { className: 'items' }, ...card.items.map((item) => this.#item(post, item))));
    if (card.buttons?.length) box.append(this.#buttons(post, card.buttons));
    const trouble = this.act.trouble(post);
    if (trouble) box.append(make('p', { className: 'fate failed', role: 'alert' }, trouble));
    if (card.note) box.append(fill(make('p', { className: 'note', dir: 'auto' }), card.note));
    return box;
  }

  #item(post, item) {
    const line = make('div', { className: 'line' });
    if (item.ref && !item.text.includes(item.ref)) line.append(make('span', { className: 'ref' }, name(item.ref)), ' ');
    line.append(fill(make('span', { dir: 'auto' }), item.text));
    if (item.meta) line.append(fill(make('span', { className: 'meta', dir: 'auto' }), item.meta));
    return make('li', { className: item.head ? 'head' : '' }, line, item.button ? this.#button(post, item.button, false, item.text) : null);
  }

  #buttons(post, buttons) {
    const main = buttons.find((button) => button.primary);
    return make('div', { className: 'row' }, ...buttons.map((button) => this.#button(post, button, button === main)));
  }

  #button(post, button, main, about) {
    const busy = this.act.busy(post, button.do);
    return make('button', {
      type: 'button',
      className: [main ? 'main' : '', button.danger ? 'danger' : ''].join(' ').trim(),
      // Not "disabled": that would take the focus away from who just pressed it.
      'aria-disabled': busy ? 'true' : undefined,
      'aria-busy': busy ? 'true' : undefined,
      'aria-label': about ? `${name(button.label)}: ${name(about)}` : undefined,
      on: { click: () => this.act.press(post, button.do) },
    }, name(button.label));
  }
}

/** key tells which button it is, also after it was drawn anew. */
const key = (button) => button.dataset.key ?? button.getAttribute('aria-label') ?? button.textContent;

/** boxed tells a card from a plain answer. */
const boxed = (card) => Boolean(card.title || card.quote || card.facts?.length || card.items?.length || card.buttons?.length || card.tone === 'hold' || card.tone === 'fault');

/** origin is what a copy says of itself: that it is late, and what it answers if that is not to be seen here. */
function origin(post) {
  const lines = [];
  if (post.written) lines.push(make('p', { className: 'late' }, t('written', { when: when(new Date(post.written), new Date(post.at)) })));
  if (post.quote) lines.push(make('p', { className: 'answers', dir: 'auto' }, t('answers', { quote: name(post.quote) })));
  return lines;
}

/** when names a time, and the day if it is another one than that of the post. */
const when = (at, shown) => (day(at) === day(shown) ? clock(at) : `${day(at)}, ${clock(at)}`);

/** words shows what a person wrote, folded when it is very long. */
function words(post) {
  const text = post.text ?? '';
  const all = document.createDocumentFragment();
  if (text === '' && post.files?.length) return all;
  const shown = post.rich ? rich(post.rich) : fill(make('p', { className: 'text', dir: 'auto' }), text);
  const edited = post.edited ? make('small', { className: 'edited' }, t('edited')) : null;
  all.append(shown);
  if (text.length < long && text.split('\n').length < 20) {
    if (edited) shown.append(' ', edited);
    return all;
  }
  shown.classList.add('folded');
  const unfold = make('button', { type: 'button', className: 'unfold', 'aria-expanded': 'false' }, t('unfold'));
  unfold.addEventListener('click', () => {
    const folded = shown.classList.toggle('folded');
    unfold.textContent = t(folded ? 'unfold' : 'fold');
    unfold.setAttribute('aria-expanded', String(!folded));
  });
  all.append(unfold, ...(edited ? [' ', edited] : []));
  return all;
}

/** files shows the files of a post: pictures small, others by name, with the way to them where there is one. */
function files(post, person) {
  if (!post.files?.length) return [];
  return [make('ul', { className: 'files' }, ...post.files.map((file) => shownFile(file, person)))];
}

function shownFile(file, person) {
  if (file.gone) return make('li', { className: 'gone' }, name(file.gone));
  const called = [make('bdi', {}, name(file.name)), ...(file.size ? [' ', make('small', {}, fileSize(file.size))] : [])];
  if (file.hash && !file.bytes) return keptFile(file, person, called);
  const link = make('a', { href: file.url, target: '_blank', rel: 'noopener noreferrer nofollow' }, ...called);
  const note = file.note ? make('small', { className: 'why' }, name(file.note)) : null;
  return make('li', {}, note, ...(leadsOn(file.url) ? [link] : called));
}

/** keptFile leads to a file that the server has. */
function keptFile(file, person, called) {
  const href = `/chat/file/${file.hash}/${encodeURIComponent(file.name)}?person=${encodeURIComponent(person.id)}`;
  if (!file.image) return make('li', {}, make('a', { href, download: file.name }, ...called));
  const picture = make('img', { src: href, alt: '', loading: 'lazy', decoding: 'async' });
  const item = make('li', { className: 'picture' },
    make('a', { href, target: '_blank', rel: 'noopener' }, picture, make('span', {}, ...called)));
  picture.addEventListener('error', () => {
    item.className = 'gone';
    item.replaceChildren(t('fileGone', { name: name(file.name) }));
  });
  return item;
}

/** gist is what a post says, for those who hear it. */
export function gist(post) {
  const card = post.card;
  const all = card ? [card.title, card.meta, card.quote, card.text, ...(card.facts ?? []).map((fact) => `${fact.label}: ${fact.value}`), ...(card.items ?? []).map((item) => item.text), card.note]
    : [post.text, ...(post.files ?? []).map((file) => file.gone ?? file.name)];
  const text = plain(all.filter(Boolean).join(' · '));
  return text.length > 300 ? `${text.slice(0, 300)} …` : text;
}
