// Forms of the bot, as dialogs.

import { make } from './dom.js';
import { name, plain, t } from './text.js';

const drafts = new Map(); // what was typed into a form that was closed without sending it

/**
 * openForm shows a form; submit(values, id) returns what the server said. Closing keeps what was typed for the next time.
 */
export function openForm(dialog, form, most, submit) {
  const opener = document.activeElement;
  const fields = (form.fields ?? []).map((field, i) => buildField(field, i, drafts.get(form.do)?.[field.name]));
  const fault = make('p', { className: 'fate failed', role: 'alert', hidden: true });
  const main = make('button', { type: 'submit', className: 'main' }, name(form.submit));
  const cancel = make('button', { type: 'button', on: { click: () => dialog.close() } }, name(form.cancel));
  const sheet = make('form', { noValidate: true, autocomplete: 'off' },
    make('h2', { id: 'dialog-title' }, name(form.title)),
    form.text ? make('p', { className: 'text', dir: 'auto' }, plain(form.text)) : null,
    ...fields.map((field) => field.element), fault, make('div', { className: 'row' }, main, cancel));
  const values = () => Object.fromEntries(fields.map((field) => [field.name, field.input.value]));
  let attempt = { id: null, sent: '' };
  let busy = false;

  sheet.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (busy) return;
    fault.hidden = true;
    const sent = values();
    const late = fields.find((field) => [...field.input.value].length > (field.max || most));
    if (late) {
      show(fields, { [late.name]: t('tooLong', { max: late.max || most, n: [...late.input.value].length }) });
      return;
    }
    // The same content is the same attempt, even if its answer got lost.
    if (attempt.sent !== JSON.stringify(sent)) attempt = { id: crypto.randomUUID(), sent: JSON.stringify(sent) };
    busy = true;
    main.setAttribute('aria-busy', 'true');
    const { answer, error } = await submit(sent, attempt.id);
    busy = false;
    main.removeAttribute('aria-busy');
    if (error) {
      fault.textContent = error.words ?? t('notSubmitted');
      fault.hidden = false;
    } else if (answer.errors && Object.keys(answer.errors).length) {
      show(fields, answer.errors, fault);
    } else {
      drafts.delete(form.do);
      sheet.dataset.done = 'yes';
      dialog.close();
    }
  });

  dialog.replaceChildren(sheet);
  dialog.onclose = () => {
    if (!sheet.dataset.done) drafts.set(form.do, values());
    dialog.replaceChildren();
    if (opener?.isConnected) opener.focus();
  };
  dialog.showModal();
  fields[0]?.input.focus();
}

function buildField(field, i, typed) {
  const id = `field-${i}`;
  const shared = {
    id, name: field.name, value: typed ?? field.value ?? '', 'aria-required': field.required ? 'true' : undefined,
    'aria-describedby': `${id}-hint ${id}-error`,
  };
  let input;
  if (field.kind === 'text') {
    input = make('textarea', { ...shared, rows: 4 });
  } else if (field.kind === 'choice') {
    input = make('select', { id, name: field.name, 'aria-describedby': shared['aria-describedby'] },
      ...(field.options ?? []).map((option) => make('option', { value: option.value }, name(option.label))));
    if (shared.value) input.value = shared.value;
  } else {
    input = make('input', { type: 'text', ...shared });
  }
  const error = make('p', { id: `${id}-error`, className: 'fate failed' });
  const label = make('label', { for: id }, name(field.label), field.required ? null : make('small', {}, t('optional')));
  const hint = make('p', { id: `${id}-hint`, className: 'hint' }, field.hint ? plain(field.hint) : '');
  const frame = make('span', { className: field.kind === 'choice' ? 'pick' : 'frame' }, input);
  return { name: field.name, max: field.max, input, error, element: make('div', { className: 'input' }, label, hint, frame, error) };
}

/** show puts the faults beside their fields and goes to the first one. */
function show(fields, errors, fault) {
  let first = null;
  for (const field of fields) {
    const words = errors[field.name];
    field.error.textContent = words ?? '';
    if (words) field.input.setAttribute('aria-invalid', 'true');
    else field.input.removeAttribute('aria-invalid');
    if (words) first ??= field.input;
  }
  const rest = Object.entries(errors).filter(([key]) => !fields.some((field) => field.name === key));
  if (rest.length && fault) {
    fault.textContent = rest.map(([, words]) => words).join(' ');
    fault.hidden = false;
  }
  first?.focus();
}
