// What people do with what they wrote: change it, delete it.

import { Composer } from './composer.js';
import { icon, make, memory } from './dom.js';
import { list, t } from './text.js';

/** OwnPost has the actions of one post for who wrote it: a row that opens below it, and an input in place of the text. */
export class OwnPost {
  #open = false; #composer = null; #editor = null; #trouble = null; #busy = false;

  /** act has the functions change and remove, hears, person and setup; redraw shows the post anew. */
  constructor(act, post, redraw) {
    this.act = act;
    this.post = post;
    this.redraw = redraw;
  }

  /** handle is the button that opens the row. */
  handle() {
    return make('button', {
      type: 'button', className: 'answer handle', tabIndex: -1, title: t('yours'), 'aria-label': t('yours'),
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
    return make('div', { className: 'own', on: { keydown: (event) => this.#key(event) } },
      make('div', { className: 'row' },
        make('button', { type: 'button', on: { click: () => this.#edit() } }, t('change')),
        make('button', {
          type: 'button', className: 'danger', 'aria-disabled': this.#busy ? 'true' : undefined,
          'aria-busy': this.#busy ? 'true' : undefined, on: { click: () => this.#remove() },
        }, t('delete'))),
      rooms.length ? make('p', { className: 'note' }, t('copies', { rooms: list(rooms) })) : null,
      this.#trouble ? make('p', { className: 'fate failed', role: 'alert' }, this.#trouble) : null);
  }

  #unfold() {
    this.#open = true;
    this.redraw('.own button');
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
    this.#busy = true;
    const words = text === this.post.text ? null : await this.act.change(this.post, text);
    this.#busy = false;
    if (composer !== this.#composer) return; // given up meanwhile
    if (words === null) this.#close();
    else composer.refuse(words);
  }

  async #remove() {
    if (this.#busy) return;
    this.#busy = true;
    this.#trouble = null;
    this.redraw();
    this.#trouble = await this.act.remove(this.post);
    this.#busy = false;
    this.redraw();
  }
}
