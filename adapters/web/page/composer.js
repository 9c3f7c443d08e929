// The input of a place or of a thread.

import { Attach } from './attach.js';
import { icon, make, memory } from './dom.js';
import { t } from './text.js';

let count = 0;

/** Composer takes text in. What is not sent yet is kept, until the tab is closed. */
export class Composer {
  /**
   * way has: key (of the draft), label, hint, most (characters), send(text, files), cancel() or null; done names the button,
   * files (max bytes, most) is there where some can be attached.
   */
  constructor(way) {
    this.way = way;
    const id = `composer-${++count}`;
    this.input = make('textarea', {
      id, rows: 1, placeholder: way.label, 'aria-label': way.label, autocomplete: 'off', enterKeyHint: 'send',
      'aria-describedby': `${id}-error ${id}-hint`,
      on: { input: () => this.#typed(), keydown: (event) => this.#key(event), paste: (event) => this.attach?.pasted(event) },
    });
    this.button = make('button', { type: 'submit', className: 'send', 'aria-label': way.done ?? t('send'), title: way.done ?? t('send') },
      icon(way.done ? 'M4.5 10.5l4 4 7.5-9' : 'M10 16V4.5M5 9.5l5-5 5 5'));
    this.error = make('p', { id: `${id}-error`, className: 'fate failed', role: 'alert', hidden: true });
    if (way.files) this.attach = new Attach({ ...way.files, changed: () => this.#ready(), refuse: (words) => this.refuse(words) });
    const { list, button, input, news } = this.attach ?? {};
    this.element = make('form', { className: 'composer', noValidate: true, on: { submit: (event) => this.#submit(event) } },
      list, make('div', { className: 'field' }, button, input, this.input, this.button), news, this.error,
      make('p', { id: `${id}-hint`, className: 'hint' }, way.hint));
    this.attach?.over(this.element);
    this.set(memory.get(way.key) ?? '');
  }

  /** set puts text into the input, as if it had been typed. */
  set(text) {
    this.input.value = text;
    this.#typed();
  }

  /** refuse says why the text cannot be sent; the text stays. */
  refuse(words) {
    this.error.textContent = words;
    this.error.hidden = false;
    this.input.setAttribute('aria-invalid', 'true');
    this.input.focus();
  }

  /** grow fits the height to the text; needed again when the input becomes visible. */
  grow() {
    this.input.style.height = 'auto';
    this.input.style.height = `${this.input.scrollHeight}px`;
  }

  #typed() {
    memory.set(this.way.key, this.input.value);
    this.#ready();
    this.error.hidden = true;
    this.input.removeAttribute('aria-invalid');
    this.grow();
  }

  /** ready shows whether there is something to send. */
  #ready() {
    this.element.classList.toggle('filled', this.#holds());
  }

  /** holds tells whether there is something to send. */
  #holds() {
    return this.input.value.trim() !== '' || (this.attach?.files.length ?? 0) > 0;
  }

  #key(event) {
    if (event.isComposing || event.keyCode === 229) return; // an input method is at work
    if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      this.element.requestSubmit();
    } else if (event.key === 'Escape' && this.way.cancel) {
      event.stopPropagation();
      this.way.cancel();
    }
  }

  #submit(event) {
    event.preventDefault();
    const text = this.input.value;
    if (!this.#holds()) {
      this.input.focus();
      return;
    }
    const length = [...text].length;
    if (length > this.way.most) {
      this.refuse(t('tooLong', { max: this.way.most, n: length }));
      return;
    }
    const files = this.attach?.take() ?? [];
    this.set('');
    this.input.focus();
    this.way.send(text, files);
  }
}
