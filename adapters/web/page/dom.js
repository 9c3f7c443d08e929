// Small help with the document.

/** make builds an element: properties that begin with "aria-" or "data-" and role become attributes. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (key.includes('-') || key === 'role' || key === 'for') element.setAttribute(key, value);
    else if (key === 'on') for (const [kind, act] of Object.entries(value)) element.addEventListener(kind, act);
    else element[key] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** settle makes children those of parent, moving as little as possible, so that focus and scrolling stay. */
export function settle(parent, children) {
  const keep = new Set(children);
  for (const child of [...parent.childNodes]) if (!keep.has(child)) child.remove();
  let at = parent.firstChild;
  for (const child of children) {
    if (child === at) at = at.nextSibling;
    else parent.insertBefore(child, at);
  }
}

/** icon draws a path in the colour of the text. */
export function icon(path) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}

/** remember keeps a small value as long as the tab lives; where that is forbidden, as long as the page does. */
export const memory = {
  kept: new Map(),
  get(key) {
    try {
      return sessionStorage.getItem(key) ?? this.kept.get(key) ?? null;
    } catch {
      return this.kept.get(key) ?? null;
    }
  },
  set(key, value) {
    this.kept.set(key, value);
    try {
      if (value === '' || value === null) sessionStorage.removeItem(key);
      else sessionStorage.setItem(key, value);
    } catch {
      // Full or forbidden: the map above has it.
    }
    if (value === '' || value === null) this.kept.delete(key);
  },
};
