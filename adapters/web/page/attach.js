// Files that go along with a message: chosen, dropped or pasted.

import { icon, make, settle } from './dom.js';
import { fileSize, name, t } from './text.js';

/** Attach is the button and the list of what was chosen for one composer. */
export class Attach {
  files = [];
  #rows = new Map();
  #adding = Promise.resolve();

  /** way has max (bytes of a file), most (files of a message), changed() and refuse(words). */
  constructor(way) {
    this.way = way;
    this.input = make('input', { type: 'file', multiple: true, hidden: true, on: { change: () => this.#picked() } });
    this.button = make('button', {
      type: 'button', className: 'attach', title: t('attach'), 'aria-label': t('attach'), on: { click: () => this.input.click() },
    }, icon('M16.6 9.4l-6.5 6.5a4.2 4.2 0 0 1-6-6l6.5-6.5a2.8 2.8 0 0 1 4 4l-6.5 6.5a1.4 1.4 0 0 1-2-2l6-6'));
    this.list = make('ul', { className: 'chosen', hidden: true, 'aria-label': t('chosen') });
    this.news = make('p', { className: 'sr', role: 'status' });
  }

  #picked() {
    const files = [...this.input.files];
    this.input.value = '';
    this.add(files);
  }

  /** take empties the list and returns what was in it. */
  take() {
    const { files } = this;
    this.files = [];
    this.#draw();
    return files;
  }

  /** add takes files in, one call after the other. */
  add(files) {
    this.#adding = this.#adding.then(() => this.#add(files));
  }

  /** add takes files in, as long as they fit, and says which do not. Those that are there already are left out. */
  async #add(files) {
    const faults = [];
    const fresh = [];
    for (const file of files) {
      if (this.files.some((one) => same(one, file))) continue;
      if (file.size > this.way.max) {
        faults.push(t('tooLarge', { name: name(file.name), size: fileSize(file.size), max: fileSize(this.way.max) }));
      } else if (await readable(file)) {
        fresh.push(file);
      } else {
        faults.push(t('noBytes', { name: name(file.name) }));
      }
    }
    const room = Math.max(0, this.way.most - this.files.length);
    if (fresh.length > room) faults.push(t('tooMany', { max: this.way.most, n: fresh.length - room }));
    const taken = fresh.slice(0, room);
    this.files = [...this.files, ...taken];
    this.#draw();
    if (taken.length) this.news.textContent = t('attached', { name: taken.map((file) => name(file.name)).join(', ') });
    if (faults.length) this.way.refuse(faults.join(' '));
  }

  #draw() {
    for (const file of this.#rows.keys()) if (!this.files.includes(file)) this.#rows.delete(file);
    for (const file of this.files) if (!this.#rows.has(file)) this.#rows.set(file, this.#row(file));
    settle(this.list, this.files.map((file) => this.#rows.get(file)));
    this.list.hidden = this.files.length === 0;
    this.way.changed();
  }

  #row(file) {
    const label = t('unattach', { name: name(file.name) });
    return make('li', {},
      make('bdi', {}, name(file.name)), make('small', {}, fileSize(file.size)),
      make('button', { type: 'button', title: label, 'aria-label': label, on: { click: () => this.#remove(file) } }, icon('M6 6l8 8M14 6l-8 8')));
  }

  #remove(file) {
    const at = this.files.indexOf(file);
    this.files = this.files.filter((one) => one !== file);
    this.#draw();
    (this.list.querySelectorAll('button')[Math.min(at, this.files.length - 1)] ?? this.button).focus();
  }

  /** over takes in what is dropped on an element, and shows that it would. */
  over(element) {
    let depth = 0;
    const show = (change) => {
      depth = Math.max(0, depth + change);
      element.classList.toggle('dropping', depth > 0);
    };
    const on = (kind, act) => element.addEventListener(kind, (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      event.stopPropagation();
      act(event);
    });
    on('dragenter', () => show(1));
    on('dragleave', () => show(-1));
    on('dragover', (event) => { event.dataTransfer.dropEffect = 'copy'; });
    on('drop', (event) => {
      show(-depth);
      this.add([...event.dataTransfer.files]);
    });
  }

  /** pasted takes in the files of a paste; text with a picture of itself, as office programs paste it, stays text. */
  pasted(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0 || event.clipboardData.types.includes('text/plain')) return;
    event.preventDefault();
    this.add(files);
  }
}

const same = (a, b) => a.name === b.name && a.size === b.size && a.lastModified === b.lastModified;

/** readable tells whether a file has bytes to read: a folder has none. */
async function readable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
