// The scene of the example: the server plays it, with real messages; the page shows where it happens, and in the end
// makes the visitor its hero.

import { make } from './dom.js';

const beat = 400; // ms between looks at how far it is
const by = (id) => document.getElementById(id);
const english = () => /^en\b/i.test(navigator.language ?? '');

/** spoken is how the page speaks to a person: in the example, whose people are invented, as the visitor's browser does. */
export function spoken(setup, person) {
  if (setup.scene && english()) return { texts: setup.texts.en, language: 'en' };
  return { texts: setup.texts[person.voice], language: person.language };
}

async function ask(options) {
  try {
    const response = await fetch('/chat/scene', { signal: AbortSignal.timeout(10_000), ...options });
    return response.ok ? await response.json() : null;
  } catch {
    return null; // asked again at the next beat
  }
}

const tell = (act) => ask({
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ do: act, fields: { language: english() ? 'en' : 'de' } }),
});

export class Scene {
  #app; #bar; #line; #row; #timer; #shown = null; #place = null; #closed = false; #turn = 0; #hero = null;

  /** app has setup, person, become, turnTo and holds, which tells whether something waits for the person. */
  constructor(app) {
    this.#app = app;
    this.#line = make('p', { role: 'status' });
    this.#row = make('div', { className: 'row' });
    this.#bar = make('div', { className: 'scene', hidden: true }, this.#line, this.#row);
    by('lost').after(this.#bar);
    this.#begin();
  }

  async #begin() {
    const status = await ask();
    if (!status) {
      this.#timer = setTimeout(() => this.#begin(), 5 * beat);
    } else if (status.state === 'ready') {
      this.#follow(await tell('play'));
    } else if (status.state === 'playing') {
      this.#follow(status);
    } else {
      this.#show('idle');
    }
  }

  /** follow looks at the scene until it is over. */
  #follow(status) {
    clearTimeout(this.#timer);
    if (status?.state === 'over') {
      this.#end(status);
      return;
    }
    if (status && status.state !== 'playing') { // it stopped on the way
      this.#show('idle');
      return;
    }
    this.#show('playing');
    if (status?.place && status.place !== this.#place) {
      this.#place = status.place;
      this.#app.turnTo(status.place);
    }
    const turn = ++this.#turn;
    this.#timer = setTimeout(async () => {
      const now = await ask();
      if (turn === this.#turn) this.#follow(now); // else a button was pressed meanwhile
    }, beat);
  }

  #end(status) {
    if (by('dialog').open) { // nobody is taken away from what they are writing
      this.#timer = setTimeout(() => this.#end(status), beat);
      return;
    }
    this.#place = null;
    this.#hero = status.hero;
    this.#app.become(status.hero);
    this.#app.turnTo('direct');
    this.#show(status.waits ? 'waits' : 'live');
  }

  async #again() {
    const [first] = this.#app.setup.people;
    if (this.#app.person.id !== first.id) this.#app.become(first.id);
    this.#show('playing');
    this.#follow(await tell('again'));
  }

  async #skip() {
    this.#turn++;
    clearTimeout(this.#timer);
    this.#follow(await tell('skip'));
  }

  #close() {
    this.#closed = true;
    this.#bar.hidden = true;
    by('main').focus();
  }

  /** saw looks whether what waited for the hero was decided. */
  saw() {
    if (this.#shown !== 'waits' && this.#shown !== 'live') return;
    this.#show(this.#app.person.id === this.#hero && this.#app.holds() ? 'waits' : 'live');
  }

  /** show says what there is to say, in the words for the person that the visitor is now. */
  #show(what) {
    if (what === 'playing') this.#closed = false;
    const { texts, language } = spoken(this.#app.setup, this.#app.person);
    const text = texts[`scene-${what}`];
    if (this.#shown === what && this.#line.textContent === text) return;
    this.#shown = what;
    const button = (label, act) => make('button', { type: 'button', on: { click: act } }, texts[`scene-${label}`]);
    const focused = this.#row.contains(document.activeElement);
    this.#row.replaceChildren(...(what === 'playing'
      ? [button('skip', () => this.#skip())]
      : [button(what === 'idle' ? 'play' : 'again', () => this.#again()), button('close', () => this.#close())]));
    this.#bar.lang = language;
    this.#bar.hidden = this.#closed;
    this.#bar.dataset.state = what;
    this.#line.textContent = text;
    if (focused && !this.#closed) this.#row.firstChild.focus();
  }
}
