// What people do with a post: react to it, send it on, and change or delete it if they wrote it.

import { Composer } from './composer.js';
import { icon, make, memory } from './dom.js';
import { list, translated, t } from './text.js';
import { copied } from './who.js';

/** PostMenu has the actions of one post: a row that opens below it, and for who wrote it an input in place of the text. */
export class PostMenu {
  #open = false; #composer = null; #editor = null; #trouble = null; #busy = false;

  /** act has the functions owns, react, shortcut, open, change and remove, hears, person and setup; redraw shows the post anew. */
  constructor(act, post, redraw) {
    this.act = act;
    this.post = post;
    this.redraw = redraw;
  }

  /** handle is the button that opens the row. */
  handle() {
    const label = this.act.owns(this.post) ? t('yours') : t('more');
    return make('button', {
      type: 'button', className: 'answer handle', tabIndex: -1, title: label, 'aria-label': label,
      'aria-expanded': String(this.#open), on: { click: () => (this.#open ? this.#close() : this.#unfold()) },
    }, icon('M4.5 10h.01M10 10h.01M15.5 10h.01'));
  }

  /** editor is the input for another text; null while there is none. */
  get editor() {
    return this.#editor;
  }

  /** row is what can be done; null while it is closed. */
  row() {
    if (!this.#open || this.#editor) return null;
    const rooms = this.act.hears;
    const owns = this.act.owns(this.post);
    const buttons = [
      ...(owns ? [this.#button(t('change'), () => this.#edit()), this.#button(t('delete'), () => this.#remove(), 'delete', 'danger')] : []),
      ...this.#shortcuts().map(({ do: action, label }) => this.#button(translated(label), () => this.#shortcut(action), action)),
    ];
    return make('div', { className: 'own', on: { keydown: (event) => this.#key(event) } },
      make('div', { className: 'emojis', role: 'group', 'aria-label': t('react') },
        ...this.act.setup.emojis.map((emoji) => this.#emoji(emoji))),
      buttons.length ? make('div', { className: 'row' }, ...buttons) : null,
      owns && rooms.length ? make('p', { className: 'note' }, t('copies', { rooms: list(rooms) })) : null);
  }

  /** trouble says why nothing was done; null when there is nothing to say. */
  trouble() {
    return this.#trouble ? make('p', { className: 'fate failed', role: 'alert' }, this.#trouble) : null;
  }

  /** reactions are the emoji on the post, each with how many put it there; null when there are none. */
  reactions() {
    const all = this.post.reactions;
    if (!all?.length) return null;
    return make('div', { className: 'reactions', role: 'group', 'aria-label': t('reactions') }, ...all.map(({ emoji, by }) => make('button', {
      type: 'button', 'data-key': `reaction ${emoji}`, 'aria-pressed': String(this.#reacted(emoji)),
      'aria-label': t('reacted', { emoji, n: by.length }), on: { click: () => this.#react(emoji) },
    }, make('span', {}, `${emoji} ${by.length}`))));
  }

  /** shortcuts are for what people wrote; a copy has come over the line already. */
  #shortcuts() {
    if (!this.post.from) return [];
    return this.act.setup.shortcuts.filter((shortcut) => shortcut.do !== 'line.all' || !copied(this.post));
  }

  #button(label, act, task, className) {
    const busy = task !== undefined && this.#busy === task ? 'true' : undefined;
    return make('button', { type: 'button', className, 'aria-disabled': busy, 'aria-busy': busy, on: { click: act } }, label);
  }

  #emoji(emoji) {
    return make('button', {
      type: 'button', 'data-key': `emoji ${emoji}`, 'aria-pressed': String(this.#reacted(emoji)), 'aria-label': t('reactWith', { emoji }),
      on: { click: async () => await this.#react(emoji) && this.#close() },
    }, emoji);
  }

  #reacted(emoji) {
    return Boolean(this.post.reactions?.find((one) => one.emoji === emoji)?.by.includes(this.act.person.id));
  }

  /** react puts an emoji on the post, or takes the own one away, and tells whether that worked. */
  async #react(emoji) {
    if (this.#busy) return false;
    this.#busy = 'react';
    this.#trouble = await this.act.react(this.post, emoji, this.#reacted(emoji));
    this.#busy = false;
    if (this.#trouble) this.redraw();
    return this.#trouble === null;
  }

  async #shortcut(action) {
    if (this.#busy) return;
    this.#busy = action;
    this.#trouble = null;
    this.redraw();
    const { words, form } = await this.act.shortcut(this.post, action);
    this.#busy = false;
    if (words) {
      this.#trouble = words;
      this.redraw();
      return;
    }
    this.#close();
    if (form) this.act.open(form, this.post);
  }

  #unfold() {
    this.#open = true;
    this.redraw('.own button');
    document.activeElement.closest('.own')?.scrollIntoView({ block: 'nearest' });
  }

  #close() {
    if (this.#composer) memory.set(this.#composer.way.key, '');
    this.#open = false;
    this.#editor = this.#composer = this.#trouble = null;
    this.redraw('.handle');
  }

  #key(event) {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    this.#close();
  }

  #edit() {
    const key = `edit/${this.act.person.id}/${this.post.id}`;
    const begun = memory.get(key);
    this.#composer = new Composer({
      key, label: t('changeTo'), hint: t('hintEdit'), most: this.act.setup.maxText, done: t('save'),
      send: (text) => this.#change(text), cancel: () => this.#close(),
    });
    if (begun === null) this.#composer.set(this.post.text);
    this.#editor = make('div', { className: 'editor' }, this.#composer.element,
      make('div', { className: 'row' }, make('button', { type: 'button', on: { click: () => this.#close() } }, t('cancel'))));
    this.redraw('.editor textarea');
    this.#composer.grow();
  }

  async #change(text) {
    const composer = this.#composer;
    composer.set(text); // it stays until it is known what became of it
    if (this.#busy) return;
    this.#busy = 'change';
    const words = text === this.post.text ? null : await this.act.change(this.post, text);
    this.#busy = false;
    if (composer !== this.#composer) return; // given up meanwhile
    if (words === null) this.#close();
    else composer.refuse(words);
  }

  async #remove() {
    if (this.#busy) return;
    this.#busy = 'delete';
    this.#trouble = null;
    this.redraw();
    this.#trouble = await this.act.remove(this.post);
    this.#busy = false;
    this.redraw();
  }
}
