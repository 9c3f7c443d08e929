// Formatted text: nodes from the tree that the server read. Text becomes text nodes only; nothing here parses.

import { make } from './dom.js';
import { fill, plain } from './text.js';

const tags = { b: 'strong', i: 'em', s: 's' };

/** rich builds an element for a tree of blocks. */
export function rich(tree) {
  return make('div', { className: 'text rich', dir: 'auto' }, ...blocks(tree.b));
}

function blocks(list = []) {
  return list.map((block) => {
    switch (block.k) {
      case 'quote': return make('blockquote', {}, ...blocks(block.b));
      case 'list': return make(block.o ? 'ol' : 'ul', block.n ? { start: block.n } : {}, ...block.l.map((item) => make('li', {}, ...blocks(item))));
      case 'code': return make('pre', { tabIndex: 0 }, make('code', {}, plain(block.t)));
      default: return make('p', {}, ...inlines(block.i));
    }
  });
}

function inlines(list = []) {
  return list.map((part) => {
    switch (part.k) {
      case 'br': return make('br');
      case 'code': return make('code', {}, plain(part.t));
      case '@': return make('bdi', { className: 'mention' }, `@${plain(part.t)}`);
      case 'a': return link(part);
      case 't': return fill(document.createDocumentFragment(), part.t);
      default: return tags[part.k] ? make(tags[part.k], {}, ...inlines(part.c)) : document.createTextNode(plain(part.t ?? ''));
    }
  });
}

/** link leads where it says: a text that looks like another address stands beside the real one. */
function link(part) {
  const shown = make('span', {}, ...inlines(part.c.map((child) => (child.k === 't' ? { k: 'x', t: child.t } : child))));
  const said = shown.textContent;
  if (!/^(https?:|mailto:)/i.test(part.u)) return shown;
  const properties = { href: part.u, target: '_blank', rel: 'noopener noreferrer nofollow', title: part.u };
  if (said === part.u || !/[/:]|\.\p{L}/u.test(said)) return make('a', properties, shown);
  return make('span', {}, shown, ' (', make('a', properties, part.u), ')');
}
