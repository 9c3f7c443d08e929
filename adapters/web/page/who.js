// Who wrote a post: somebody here, somebody in another room of a line, or the bot.

import { make } from './dom.js';
import { name, t } from './text.js';

const platforms = { slack: 'Slack', teams: 'Teams' };
const spare = ['rose', 'teal', 'olive', 'slate']; // for parties without a room here

/** copied tells a copy from what was written in this room. */
export const copied = (post) => Boolean(post.from) && !post.from.id;

/** same tells whether two posts are by the same person. */
export const same = (a, b) => Boolean(a.from && b.from)
  && ['id', 'name', 'party', 'platform'].every((key) => a.from[key] === b.from[key]);

/** by tells whether somebody wrote a post, or what it is a copy of. */
export const by = (person, post) => (copied(post)
  ? post.from.platform === 'web' && post.from.name === person.name
  : post.from?.id === person.id);

/** author tells how a post names who wrote it; via is where a copy comes from. */
export function author(setup, post) {
  if (!post.from) return { bot: true, name: setup.bot, tint: 'bot' };
  if (copied(post)) return stranger(setup, post.from);
  const known = setup.people.find((person) => person.id === post.from.id);
  return { name: name(known?.name ?? post.from.name), title: known?.title && name(known.title), tint: known?.tint };
}

function stranger(setup, from) {
  const party = from.party ?? '';
  const known = Object.hasOwn(setup.parties, party) ? setup.parties[party] : {};
  const called = { pr: t('pr'), sales: t('sales'), social: t('social') };
  const where = Object.hasOwn(platforms, from.platform) ? platforms[from.platform] : '';
  const words = known.name ?? (Object.hasOwn(called, party) ? called[party] : party);
  const letters = [...party].reduce((sum, letter) => sum + letter.codePointAt(0), 0);
  const tint = known.tint ?? (Object.hasOwn(called, party) ? party : spare[letters % spare.length]);
  return { name: name(from.name) || '?', via: name([words, where].filter(Boolean).join(' · ')), tint: party ? tint : undefined };
}

/** face is the square with the first letter. */
export function face(setup, post) {
  const who = author(setup, post);
  if (who.bot) return make('div', { className: 'face bot', 'aria-hidden': 'true' }, make('span', { className: 'mark' }));
  const [letter = '?'] = who.name;
  return make('div', { className: 'face', 'data-tint': who.tint, 'aria-hidden': 'true' }, letter.toUpperCase());
}
