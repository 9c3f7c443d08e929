// The chat: who one is, which places there are, and what happens in them.

import { make, memory, settle } from './dom.js';
import { openForm } from './form.js';
import { PlaceView } from './place.js';
import { gist } from './post.js';
import { Scene, spoken } from './scene.js';
import { name, speak, t } from './text.js';
import { author, by as writtenBy, copied } from './who.js';
import { send, setup as fetchSetup, Stream, upload } from './wire.js';

const slow = 4000; // ms after which something under way says so
const grace = 1200; // ms that a connection may be away before the page says so
const by = (id) => document.getElementById(id);

class App {
  places = new Map();
  sending = new Map(); // own posts that have not come back yet, by id
  presses = new Map(); // under way or without an answer, by post and action
  changes = new Map(); // of own posts, without an answer, by what was to happen
  troubles = new Map(); // why a press did not arrive, by post

  constructor(raw) {
    this.raw = raw;
    this.setup = JSON.parse(raw);
    by('wait').remove();
    by('person').append(...this.setup.people.map((person) =>
      make('option', { value: person.id }, name(person.title ? `${person.name} · ${person.title}` : person.name))));
    by('person').addEventListener('change', () => this.become(by('person').value));
    document.addEventListener('visibilitychange', () => this.#returned());
    addEventListener('online', () => this.stream.retry());
    // A page that the browser only puts aside would hold one of the few connections that it has.
    addEventListener('pagehide', () => this.stream.rest());
    addEventListener('pageshow', (event) => event.persisted && this.stream.retry());
    const asked = new URLSearchParams(location.search).get('as') ?? memory.get('person');
    this.become(this.setup.people.some((person) => person.id === asked) ? asked : this.setup.people[0].id);
    if (this.setup.scene) this.scene = new Scene(this);
  }

  /** holds tells whether something waits for the person's decision. */
  holds() {
    return [...this.places.get('direct').posts.values()].some((post) => post.card?.tone === 'hold');
  }

  /** become shows the chat as somebody sees it. */
  become(id) {
    this.stream?.close();
    this.person = this.setup.people.find((person) => person.id === id);
    const { texts, language } = spoken(this.setup, this.person);
    speak(texts, language);
    memory.set('person', id);
    history.replaceState(null, '', `/?as=${encodeURIComponent(id)}`);
    this.sending = new Map(this.#kept().map((post) => [post.id, post]));
    this.presses.clear();
    this.changes.clear();
    this.troubles.clear();
    this.known = false;
    this.#frame();
    this.stream = new Stream(id, {
      snapshot: (all) => this.#snapshot(all), post: (post) => this.#post(post), up: () => this.#up(), down: () => this.#down(),
    });
  }

  /** frame builds everything that depends on the person. */
  #frame() {
    by('who').hidden = false;
    by('who-label').textContent = t('youAre');
    by('person').value = this.person.id;
    by('who').dataset.tint = this.person.tint ?? '';
    by('skip').textContent = t('skip');
    by('skip').hidden = false;
    this.places = new Map();
    const act = {
      setup: this.setup, person: this.person,
      say: (place, thread, text, files) => this.#say(place, thread, text, files),
      press: (post, action) => this.#press(post, action),
      busy: (post, action) => Boolean(this.presses.get(`${post.id} ${action}`)?.waiting),
      trouble: (post) => this.troubles.get(post.id),
      retry: (post) => this.#deliver(post),
      recall: (post) => this.#recall(post),
      react: (post, emoji, removed) => this.#change(post, 'react', { emoji, removed }, { reactions: this.#reacted(post, emoji, removed) }),
      shortcut: (post, action) => this.#shortcut(post, action),
      open: (form, post) => this.#open(form, post.place, post.thread),
      change: (post, text) => this.#change(post, 'edit', { text }, { text, edited: true }),
      remove: (post) => this.#change(post, 'delete', {}, { text: '', edited: false, deleted: true }),
      sendingTo: (place) => [...this.sending.values()].filter((post) => post.place === place),
      seen: () => this.#count(),
    };
    for (const room of [...this.setup.rooms, null]) {
      const place = new PlaceView(room, act);
      this.places.set(place.id, place);
    }
    by('main').setAttribute('aria-busy', 'true');
    by('main').replaceChildren(...[...this.places.values()].map((place) => place.element));
    this.#tabs();
    this.turnTo(memory.get('place') ?? 'direct');
    for (const place of this.places.values()) place.composer.grow();
  }

  /** tabs are for narrow screens, where one place is shown at a time; the direct conversation comes first. */
  #tabs() {
    const order = ['direct', ...this.setup.rooms.map((room) => room.id)];
    this.tabs = new Map(order.map((id) => {
      const place = this.places.get(id);
      return [id, make('button', { type: 'button', on: { click: () => this.turnTo(id) } },
        place.room ? make('i', { className: 'dot', 'data-tint': place.room.tint, 'aria-hidden': 'true' }) : null,
        make('bdi', {}, place.title), make('span', { className: 'badge', hidden: true }))];
    }));
    by('tabs').hidden = false;
    by('tabs').setAttribute('aria-label', t('places'));
    by('tabs').replaceChildren(...this.tabs.values());
  }

  /** turnTo shows a place where only one is shown. */
  turnTo(id) {
    const shown = this.places.has(id) ? id : 'direct';
    memory.set('place', shown);
    for (const [key, place] of this.places) {
      place.element.classList.toggle('on', key === shown);
      if (key === shown) this.tabs.get(key).setAttribute('aria-current', 'true');
      else this.tabs.get(key).removeAttribute('aria-current');
    }
    by('main').classList.toggle('at-direct', shown === 'direct');
    by('skip').href = `#${this.places.get(shown).composer.input.id}`;
    this.places.get(shown).composer.grow();
  }

  // What comes in.

  #snapshot(all) {
    const groups = new Map([...this.places.keys()].map((id) => [id, []]));
    for (const post of all.posts) groups.get(post.place)?.push(post);
    for (const post of all.posts) this.sending.delete(post.id);
    for (const [id, post] of this.sending) if (post.state === 'sent') this.sending.delete(id);
    this.#keep();
    const seen = memory.get(`seen/${this.person.id}`);
    for (const [id, posts] of groups) {
      const place = this.places.get(id);
      place.fill(posts);
      if (seen !== null) place.arrived(posts.filter((post) => post.number > Number(seen) && !this.#own(post)).map((post) => post.id));
    }
    this.number = all.number;
    this.known = true;
    by('main').removeAttribute('aria-busy');
    this.#count();
    this.#meet();
    this.scene?.saw();
  }

  #post(post) {
    const place = this.places.get(post.place);
    if (!place) return;
    this.number = Math.max(this.number, post.number);
    this.sending.delete(post.id);
    this.#keep();
    const fresh = place.apply(post);
    place.draw();
    this.scene?.saw();
    if (fresh && copied(post)) place.glide(post.id);
    if (!fresh || this.#own(post) || post.deleted) return;
    place.arrived([post.id]);
    this.#announce(place, post);
    this.#count();
  }

  #own(post) {
    return writtenBy(this.person, post);
  }

  #announce(place, post) {
    const region = by(post.card?.tone === 'hold' ? 'assertive' : 'polite');
    const line = make('p', {}, t('announce', { place: place.title, name: author(this.setup, post).name, text: gist(post) }));
    region.append(line);
    setTimeout(() => line.remove(), 10_000);
  }

  /** meet opens the direct conversation for the first time; the server knows whether it is the first. */
  #meet() {
    send('open', { person: this.person.id });
  }

  // What goes out.

  #say(place, thread, text, files) {
    const post = {
      id: crypto.randomUUID(), place: place.id, thread, text, at: new Date().toISOString(), from: { id: this.person.id, name: this.person.name },
      files: files.map((file) => ({ name: file.name, size: file.size, bytes: file })),
    };
    place.toEnd();
    this.#deliver(post);
  }

  async #deliver(post) {
    const place = this.places.get(post.place);
    const person = this.person;
    const state = (change) => {
      if (person !== this.person || !this.sending.has(post.id)) return;
      this.sending.set(post.id, { ...this.sending.get(post.id), ...change });
      this.#keep();
      place.draw();
    };
    this.sending.set(post.id, { ...post, state: 'sending', words: null });
    this.#keep();
    place.draw();
    const late = setTimeout(() => state({ state: 'late' }), slow);
    const { answer, error } = await this.#upload(person, post) ?? await send('say', {
      person: person.id, id: post.id, place: post.place, thread: post.thread, text: post.text,
      files: post.files?.map((file) => ({ name: file.name, hash: file.hash })),
    });
    clearTimeout(late);
    if (person !== this.person) return;
    if (error?.code === 'lost' || error?.code === 'not_stored' || error?.code === 'not_running') {
      state({ state: 'failed', words: error.words });
    } else if (error) {
      this.#recall(post);
      place.composerOf(post.thread).refuse(error.words);
    } else if (answer.form) {
      this.#drop(post);
      this.#open(answer.form, post.place, post.thread);
    } else {
      state({ state: 'sent' });
    }
  }

  /** upload sends the files of a post ahead; it returns what went wrong, null when all are there. */
  async #upload(person, post) {
    const files = (post.files ?? []).filter((file) => !file.hash);
    const lost = files.filter((file) => !(file.bytes instanceof Blob)); // the page was loaded anew meanwhile
    if (lost.length) return { error: { code: 'file_gone', words: t('chooseAgain', { names: lost.map((file) => file.name).join(', ') }) } };
    for (const file of files) {
      const { hash, error } = await upload(person.id, file.bytes);
      if (error) return { error };
      file.hash = hash;
      this.#keep();
    }
    return null;
  }

  /** recall puts the text of a post that was not sent back into the input, before what is there. */
  #recall(post) {
    const composer = this.places.get(post.place).composerOf(post.thread);
    this.#drop(post);
    composer.set([post.text, composer.input.value].filter(Boolean).join('\n'));
    composer.attach?.add((post.files ?? []).map((file) => file.bytes).filter((bytes) => bytes instanceof Blob));
    composer.input.focus();
  }

  #drop(post) {
    this.sending.delete(post.id);
    this.#keep();
    this.places.get(post.place).draw();
  }

  async #press(post, action) {
    const key = `${post.id} ${action}`;
    const before = this.presses.get(key);
    if (before?.waiting) return;
    const place = this.places.get(post.place);
    const id = before?.id ?? crypto.randomUUID(); // a press without an answer is the same one when it is repeated
    this.presses.set(key, { id, waiting: true });
    this.troubles.delete(post.id);
    place.redraw(post.id);
    const { answer, error } = await send('press', {
      person: this.person.id, id, place: post.place, thread: post.thread ?? '', post: post.id, do: action,
    });
    if (error) {
      this.presses.set(key, { id, waiting: false });
      this.troubles.set(post.id, error.words ?? t('notPressed'));
    } else {
      this.presses.delete(key);
    }
    place.redraw(post.id);
    if (answer?.form) this.#open(answer.form, post.place, post.thread);
  }

  /**
   * change does something to a post and shows what it became. It returns why nothing was changed; null when it was.
   */
  async #change(post, act, more, became) {
    const person = this.person;
    const { words } = await this.#once(post, act, more);
    if (words) return words;
    const place = this.places.get(post.place);
    if (person === this.person && place.posts.get(post.id) === post) {
      place.apply({ ...post, ...became });
      place.draw();
    }
    return null;
  }

  /** shortcut does something with a post. It returns why nothing was done, or the form that asks for the rest. */
  async #shortcut(post, action) {
    const { words, answer } = await this.#once(post, 'shortcut', { do: action });
    return { words, form: answer?.form };
  }

  /** once sends an act on a post. One without an answer is the same when it is repeated. */
  async #once(post, act, more) {
    const key = JSON.stringify([act, post.id, more]);
    const id = this.changes.get(key) ?? crypto.randomUUID();
    this.changes.set(key, id);
    const { answer, error } = await send(act, { person: this.person.id, id, place: post.place, post: post.id, ...more });
    if (error?.code !== 'lost') this.changes.delete(key);
    return { answer, words: error ? error.words ?? t('notChanged') : null };
  }

  /** reacted is what the reactions to a post become. */
  #reacted(post, emoji, removed) {
    const all = (post.reactions ?? []).map((one) => (one.emoji !== emoji ? one
      : { emoji, by: removed ? one.by.filter((id) => id !== this.person.id) : [...one.by, this.person.id] }));
    if (!removed && !all.some((one) => one.emoji === emoji)) all.push({ emoji, by: [this.person.id] });
    return all.filter((one) => one.by.length);
  }

  #open(form, place, thread) {
    const person = this.person.id;
    openForm(by('dialog'), form, this.setup.maxText, (fields, id) =>
      send('submit', { person, id, place, thread: thread ?? '', do: form.do, fields }));
  }

  // What is kept in the tab.

  #keep() {
    const unsure = [...this.sending.values()].filter((post) => post.state !== 'sent');
    memory.set(`sending/${this.person.id}`, unsure.length ? JSON.stringify(unsure) : '');
  }

  #kept() {
    const posts = JSON.parse(memory.get(`sending/${this.person.id}`) ?? '[]');
    return posts.map((post) => ({ ...post, state: 'failed', words: null }));
  }

  // The connection, and what was not seen yet.

  #up() {
    clearTimeout(this.away);
    this.away = undefined;
    if (by('lost').hidden) return;
    by('lost').hidden = true;
    this.#renew();
  }

  #down() {
    this.away ??= setTimeout(() => {
      by('lost').replaceChildren(make('span', {}, t('disconnected')),
        make('button', { type: 'button', on: { click: () => this.stream.retry() } }, t('tryNow')));
      by('lost').hidden = false;
    }, grace);
  }

  /** renew loads the page anew when the server came back with other rooms, people or texts. Drafts are kept. */
  async #renew() {
    const { raw } = await fetchSetup();
    if (raw !== null && raw !== this.raw && !by('dialog').open) location.reload();
  }

  #returned() {
    if (document.hidden) return;
    this.stream.retry();
    for (const place of this.places.values()) place.arrived([...place.unseen]);
  }

  #count() {
    let total = 0;
    let first = Infinity;
    for (const [id, place] of this.places) {
      const n = place.unseen.size;
      total += n;
      for (const post of place.unseen) first = Math.min(first, place.posts.get(post)?.number ?? Infinity);
      const badge = this.tabs.get(id).querySelector('.badge');
      badge.hidden = n === 0;
      badge.textContent = n ? String(n) : '';
      badge.setAttribute('aria-label', n === 1 ? t('oneNew') : t('someNew', { n }));
    }
    if (this.known) memory.set(`seen/${this.person.id}`, String(Math.min(this.number, first - 1)));
    clearTimeout(this.titling);
    // What is seen at once shall not make the title flicker.
    this.titling = setTimeout(() => { document.title = total ? `(${total}) ${this.setup.bot}` : this.setup.bot; }, 300);
  }
}

/** begin waits for the server, however long it takes. */
async function begin(pause = 500) {
  const { reached, raw } = await fetchSetup();
  if (raw !== null) {
    new App(raw);
    return;
  }
  by('starting').hidden = !reached;
  by('unreached').hidden = reached;
  setTimeout(() => begin(Math.min(pause * 2, 8000)), pause);
}

begin();
