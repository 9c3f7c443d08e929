// A place: a room, or the direct conversation.

import { Composer } from './composer.js';
import { make, settle } from './dom.js';
import { PostView } from './post.js';
import { day, list, name, t } from './text.js';
import { by, copied, same } from './who.js';

const kept = 500; // newest posts of a place that stay on the page
const shownReplies = 3; // of a longer thread, until it is unfolded
const pause = 5 * 60_000; // ms after which a post begins anew even if the author is the same
const near = 48; // px from the end that still count as being at the end

/** PlaceView shows the posts of one place and takes new ones in. */
export class PlaceView {
  posts = new Map();
  unseen = new Set();
  #views = new Map();
  #days = new Map();
  #replies = new Map(); // open reply composers by root
  #unfolded = new Set();
  #atEnd = true;

  /** room is null for the direct conversation; act as in app.js. */
  constructor(room, act) {
    this.room = room;
    this.id = room ? room.id : 'direct';
    this.act = {
      ...act, reply: room ? (post) => this.reply(post) : null, hears: room?.hears.map(name) ?? [],
      has: (post) => Boolean(room) && !post.private && !post.state && !post.deleted,
      owns: (post) => Boolean(room) && !copied(post) && by(act.person, post) && !post.state && !post.deleted,
    };
    this.title = room ? name(room.name) : t('directTab');
    this.#build(`place-${this.id}`);
    this.observer = new IntersectionObserver((seen) => this.#saw(seen), { root: this.log, threshold: 0.2 });
    new ResizeObserver(() => this.#atEnd && this.toEnd()).observe(this.log);
  }

  #build(id) {
    const room = this.room;
    const { hears } = this.act;
    const heading = make('h2', { id },
      room ? make('i', { className: 'dot', 'data-tint': room.tint, 'aria-hidden': 'true' }) : null,
      make('bdi', {}, room ? name(room.name) : this.act.setup.bot),
      room ? null : make('small', {}, t('onlyForYou')));
    this.list = make('ol', { className: 'entries' });
    this.loading = make('p', { className: 'loading' }, t('loading'));
    this.empty = make('div', { className: 'empty', hidden: true },
      make('p', { className: 'lead' }, room ? t('emptyRoom', { room: name(room.name) }) : t('emptyDirect')),
      make('p', {}, room ? t('emptyRoomDo') : t('emptyDirectDo')));
    this.log = make('div', {
      className: 'log', role: 'log', 'aria-live': 'off', tabIndex: 0, 'aria-label': t('logOf', { place: this.title }),
      on: { scroll: () => this.#scrolled(), keydown: (event) => this.#key(event) },
    }, this.loading, this.empty, this.list);
    this.jump = make('button', { type: 'button', className: 'jump', hidden: true, on: { click: () => this.#jump() } });
    this.composer = new Composer({
      key: `draft/${this.act.person.id}/${this.id}/`, most: this.act.setup.maxText, cancel: null,
      label: room ? t('writeTo', { rooms: list([name(room.name), ...hears]) }) : t('writeDirect'),
      hint: room ? t('hintRoom', { bot: this.act.setup.bot }) : t('hintDirect'),
      send: (text, files) => this.act.say(this, '', text, files), files: this.#takes(),
    });
    this.element = make('section', { className: room ? 'place' : 'place direct', 'aria-labelledby': id },
      make('header', {}, heading,
        make('p', { className: 'hears' }, room ? (hears.length ? t('hears', { rooms: hears.join(', ') }) : t('hearsNobody')) : t('hearsDirect'))),
      make('div', { className: 'talk' }, this.log, this.jump, this.composer.element));
    this.composer.attach?.over(this.element);
  }

  /** takes says which files can be sent here; null for none. */
  #takes() {
    const { maxFile, files } = this.act.setup;
    return this.room && maxFile ? { max: maxFile, most: files } : null;
  }

  /** fill takes over everything that is known. */
  fill(posts) {
    this.posts = new Map(posts.map((post) => [post.id, post]));
    this.loading.hidden = true;
    this.draw();
  }

  /** apply takes one post in and reports whether it is new. */
  apply(post) {
    const fresh = !this.posts.has(post.id);
    this.posts.set(post.id, post);
    if (this.posts.size > kept + 50) {
      const newest = [...this.posts.values()].sort(inOrder).slice(-kept);
      this.posts = new Map(newest.map((one) => [one.id, one]));
    }
    return fresh;
  }

  /** draw brings the list up to date: posts, then what is being sent. */
  draw() {
    const threads = new Map();
    const tops = [];
    for (const post of [...[...this.posts.values()].sort(inOrder), ...this.act.sendingTo(this.id)]) {
      if (!post.thread || !this.posts.has(post.thread)) tops.push(post);
      else if (threads.has(post.thread)) threads.get(post.thread).push(post);
      else threads.set(post.thread, [post]);
    }
    const drawn = new Set();
    const entries = [];
    let before = null;
    for (const post of tops) {
      const label = day(new Date(post.at));
      if (!before || day(new Date(before.at)) !== label) {
        entries.push(this.#day(label));
        before = null;
      }
      const view = this.#view(post, false, drawn);
      view.continues(before !== null && follows(before, post) && !threads.has(before.id) && !this.#replies.has(before.id));
      this.#thread(view, threads.get(post.id) ?? [], drawn);
      entries.push(view.element);
      before = post;
    }
    for (const [id, view] of this.#views) if (!drawn.has(id)) this.#forget(id, view);
    settle(this.list, entries);
    this.empty.hidden = entries.length > 0 || !this.loading.hidden;
    if (this.#atEnd) this.toEnd();
    this.#point();
  }

  #view(post, reply, drawn) {
    drawn.add(post.id);
    let view = this.#views.get(post.id);
    if (!view) {
      view = new PostView(this.act, reply);
      view.element.dataset.id = post.id;
      this.#views.set(post.id, view);
    }
    view.show(post);
    if (this.unseen.has(post.id)) this.observer.observe(view.element);
    return view;
  }

  #forget(id, view) {
    this.observer.unobserve(view.element);
    this.#views.delete(id);
    this.unseen.delete(id);
  }

  #thread(view, posts, drawn) {
    const id = view.post.id;
    const hidden = this.#unfolded.has(id) ? 0 : Math.max(0, posts.length - shownReplies - 1);
    const entries = posts.slice(hidden ? posts.length - shownReplies : 0).map((post) => this.#view(post, true, drawn).element);
    if (hidden) entries.unshift(this.#unfold(id, posts.length - shownReplies));
    const composer = this.#replies.get(id);
    if (composer) entries.push(composer.entry);
    settle(view.replies, entries);
    view.replies.hidden = entries.length === 0;
  }

  #unfold(id, n) {
    const open = () => {
      this.#unfolded.add(id);
      this.draw();
    };
    return make('li', { className: 'entry earlier' }, make('button', { type: 'button', on: { click: open } }, t('earlier', { n })));
  }

  /** reply opens the input of a thread beneath its first post. */
  reply(root) {
    let composer = this.#replies.get(root.id);
    if (!composer) {
      composer = new Composer({
        key: `draft/${this.act.person.id}/${this.id}/${root.id}`, most: this.act.setup.maxText,
        label: t('writeReply'), hint: t('hintReply'),
        send: (text, files) => this.act.say(this, root.id, text, files), files: this.#takes(), cancel: () => this.#close(root.id),
      });
      composer.entry = make('li', { className: 'entry' }, composer.element);
      this.#replies.set(root.id, composer);
      this.draw();
      composer.grow();
    }
    composer.input.focus();
    composer.element.scrollIntoView({ block: 'nearest' });
  }

  #close(id) {
    this.#replies.delete(id);
    this.draw();
    this.#views.get(id)?.element.focus();
  }

  /** composerOf is the input from which something was sent. */
  composerOf(thread) {
    return this.#replies.get(thread) ?? this.composer;
  }

  redraw(id) {
    this.#views.get(id)?.redraw();
  }

  #day(label) {
    if (!this.#days.has(label)) this.#days.set(label, make('li', { className: 'day' }, make('span', {}, label)));
    return this.#days.get(label);
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
    this.#atEnd = true;
  }

  #scrolled() {
    this.#atEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < near;
  }

  /** glide lets a copy come in over the wire, once. */
  glide(id) {
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    this.#views.get(id)?.element.animate({ opacity: [0, 1], translate: ['-20px 0', '0 0'] }, { duration: 150, easing: 'ease-out' });
  }

  /** arrived notes what came from others, until it was in sight. */
  arrived(ids) {
    for (const id of ids) {
      this.unseen.add(id);
      const view = this.#views.get(id);
      if (view) this.observer.observe(view.element);
    }
    this.#point();
  }

  #saw(changes) {
    if (document.hidden) return;
    for (const { isIntersecting, target } of changes) {
      if (!isIntersecting) continue;
      this.observer.unobserve(target);
      this.unseen.delete(target.dataset.id);
    }
    this.#point();
    this.act.seen();
  }

  /** point shows the way to what is out of sight. */
  #point() {
    this.jump.hidden = this.unseen.size === 0;
    if (!this.jump.hidden) this.jump.textContent = this.unseen.size === 1 ? t('oneNew') : t('someNew', { n: this.unseen.size });
  }

  #jump() {
    const [first] = this.unseen;
    const target = this.#views.get(first)?.element;
    if (!target) {
      const root = this.posts.get(first)?.thread;
      if (root) this.#unfolded.add(root);
      else this.unseen.delete(first);
      this.draw();
      return;
    }
    target.scrollIntoView({ block: 'center' });
    target.focus({ preventScroll: true });
  }

  /** key moves between the posts. */
  #key(event) {
    const entry = event.target.closest('.entry[data-id]');
    if (event.target !== this.log && event.target !== entry) return;
    const all = [...this.log.querySelectorAll('.entry[data-id]')];
    const at = all.indexOf(entry);
    const next = {
      ArrowUp: at < 0 ? all.length - 1 : at - 1, ArrowDown: at < 0 ? all.length - 1 : at + 1, Home: 0, End: all.length - 1,
    }[event.key];
    if (next !== undefined && all[next]) {
      event.preventDefault();
      all[next].focus();
    } else if (event.key === 'Enter' && entry) {
      const post = this.posts.get(entry.dataset.id);
      const root = post && (this.posts.get(post.thread) ?? post);
      if (!root || root.private || root.deleted || !this.act.reply) return;
      event.preventDefault();
      this.reply(root);
    }
  }
}

const inOrder = (a, b) => a.number - b.number;

/** follows tells whether a post goes on where the one before it ended. */
const follows = (before, post) => same(before, post) && !before.deleted && !post.written && !post.quote
  && new Date(post.at) - new Date(before.at) < pause;
