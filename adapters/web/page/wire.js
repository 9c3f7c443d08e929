// The two ways between page and server: requests, and the stream of what happens.

const patience = 20_000; // ms until a request counts as lost

/**
 * send posts what a person did. It returns the answer, or an error with the server's words; words are null when
 * nothing came back. The same thing sent again with the same id has one effect.
 */
export async function send(act, body) {
  let response;
  try {
    response = await fetch(`/chat/${act}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(patience),
    });
    const answer = await response.json();
    if (response.ok) return { answer };
    return { error: { code: answer.error.code, words: answer.error.text } };
  } catch {
    return { error: { code: 'lost', words: null } };
  }
}

/** upload sends the bytes of a file ahead of the message that it belongs to; it returns their hash, or an error as send. */
export async function upload(person, file) {
  try {
    const response = await fetch(`/chat/file?${new URLSearchParams({ person, name: file.name })}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/octet-stream' },
      body: file,
      signal: AbortSignal.timeout(patience),
    });
    const answer = await response.json();
    if (response.ok) return { hash: answer.hash };
    return { error: { code: answer.error.code, words: answer.error.text } };
  } catch {
    return { error: { code: 'lost', words: null } };
  }
}

/** setup fetches rooms, people and texts; raw is null when there are none yet, reached tells whether the server answered. */
export async function setup() {
  try {
    const response = await fetch('/chat/setup', { signal: AbortSignal.timeout(patience) });
    return { reached: true, raw: response.ok ? await response.text() : null };
  } catch {
    return { reached: false, raw: null };
  }
}

/** Stream follows what one person sees, and comes back by itself with the number of the last event. */
export class Stream {
  #person; #hear; #source; #timer; #number = 0; #failures = 0; #over = false;

  /** hear has the functions snapshot, post, up and down. */
  constructor(person, hear) {
    this.#person = person;
    this.#hear = hear;
    this.#open();
  }

  /** retry comes back now instead of later. */
  retry() {
    if (this.#over || this.#source.readyState !== EventSource.CLOSED) return;
    clearTimeout(this.#timer);
    this.#open();
  }

  /** rest lets the connection go until retry. */
  rest() {
    clearTimeout(this.#timer);
    this.#source.close();
  }

  close() {
    this.#over = true;
    this.rest();
  }

  #open() {
    const source = new EventSource(`/chat/events?person=${encodeURIComponent(this.#person)}&after=${this.#number}`);
    this.#source = source;
    source.onopen = () => {
      this.#failures = 0;
      this.#hear.up();
    };
    source.onerror = () => {
      source.close();
      if (this.#over) return;
      this.#hear.down();
      this.#timer = setTimeout(() => this.#open(), Math.min(500 * 2 ** this.#failures++, 8000));
    };
    for (const kind of ['snapshot', 'post']) {
      source.addEventListener(kind, (event) => {
        this.#number = Number(event.lastEventId);
        this.#hear[kind](JSON.parse(event.data));
      });
    }
  }
}
