// @ts-check
/** The services by namespace. Rows are kept and changed in place, so that focus and selection survive every update. */
import { addressOf, copyButton, element } from './elements.js';

/**
 * @typedef {{ name: string, port: number, protocol: string, host?: string, command?: string }} PortView
 * @typedef {{ context?: { name: string, alias: string }, namespace: string, name: string, type: string, ready: number, total: number, host?: string, ports: PortView[], note?: string }} ServiceView
 * @typedef {{ view: ServiceView, item: HTMLLIElement, json: string }} Row
 */

/** @typedef {{ context: string, namespace: string }} Place */

/** @param {Place} a @param {Place} b */
function comparePlaces(a, b) {
  if (a.context !== b.context) return a.context < b.context ? -1 : 1;
  // What the cluster runs for itself comes last.
  const rank = (/** @type {string} */ name) => (name.startsWith('kube-') ? 2 : name === 'default' ? 1 : 0);
  return rank(a.namespace) - rank(b.namespace) || (a.namespace < b.namespace ? -1 : 1);
}

/** As the stream names a service. @param {ServiceView} view */
function keyOf({ context, namespace, name }) {
  return `${context === undefined ? '' : `${context.alias}:`}${namespace}/${name}`;
}

/** As sections are told apart. @param {ServiceView} view */
function sectionKey({ context, namespace }) {
  return `${context?.alias ?? ''}:${namespace}`;
}

/** @param {ServiceView} view */
function stateOf(view) {
  if (view.type === 'ExternalName' || (view.total === 0 && view.note === 'It selects no pods.')) return 'none';
  if (view.ready === 0) return 'bad';
  return view.ready < view.total ? 'half' : 'good';
}

/** @param {ServiceView} view @param {PortView} port */
function portChip(view, port) {
  const protocol = port.protocol === 'TCP' ? '' : port.protocol;
  const name = port.name.toUpperCase() === protocol ? '' : port.name;
  const label = [port.port, name, protocol].filter((part) => part !== '').join(' ');
  if (port.host !== undefined) {
    return element('a', { href: addressOf(port.host), title: addressOf(port.host) }, label);
  }
  if (port.command === undefined) return element('span', {}, label);
  const button = copyButton(port.command, label);
  button.setAttribute('aria-label', `Copy the command for port ${label} of ${view.name}: ${port.command}`);
  return button;
}

/** @param {ServiceView} view */
function rowParts(view) {
  const title = element('div');
  const command = view.ports.find((port) => port.command !== undefined)?.command;
  if (view.host === undefined) {
    title.append(element('span', { class: 'name' }, view.name));
    if (command !== undefined) title.append(element('p', { class: 'address' }, element('code', {}, command)));
  } else {
    const address = addressOf(view.host);
    title.append(
      element('a', { class: 'name', href: address }, view.name),
      element('p', { class: 'address' }, address),
    );
  }
  const state = element('div', { class: 'state', 'data-state': stateOf(view) });
  state.append(
    view.type === 'ExternalName' ? 'outside' : `${view.ready}/${view.total} ready`,
    element('span', { class: 'type' }, view.type),
  );
  const ports = element('ul', { class: 'ports', 'aria-label': 'Ports' });
  for (const port of view.ports) ports.append(element('li', {}, portChip(view, port)));
  const parts = [title, state, ports];
  if (view.note !== undefined) parts.push(element('p', { class: 'note' }, view.note));
  return parts;
}

export class ServiceList {
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** @type {Map<string, { section: HTMLElement, list: HTMLUListElement, place: Place }>} */
  #sections = new Map();
  /** @type {Set<string> | undefined} */
  #unconfirmed;
  #filter = '';
  #container;

  /** @param {HTMLElement} container */
  constructor(container) {
    this.#container = container;
  }

  /** @param {ServiceView} view @param {string} json */
  put(view, json) {
    const key = keyOf(view);
    this.#unconfirmed?.delete(key);
    const row = this.#rows.get(key);
    if (row?.json === json) return;
    if (row === undefined) {
      const item = element('li', { 'data-service': key }, ...rowParts(view));
      this.#rows.set(key, { view, item, json });
      this.#place(view, item);
      this.#show(key);
      return;
    }
    const focused = row.item.contains(document.activeElement) ? focusPlace(row.item) : undefined;
    row.item.replaceChildren(...rowParts(view));
    if (focused !== undefined) restoreFocus(row.item, focused);
    if (row.view.ready !== view.ready || row.view.total !== view.total) flash(row.item);
    this.#rows.set(key, { view, item: row.item, json });
  }

  /** @param {string} key */
  drop(key) {
    const row = this.#rows.get(key);
    if (row === undefined) return;
    this.#rows.delete(key);
    row.item.remove();
    this.#tidy(sectionKey(row.view));
  }

  /** A new stream begins: what it does not mention until `confirm` is gone. */
  question() {
    this.#unconfirmed = new Set(this.#rows.keys());
  }

  /** All of a context has been told. @param {string} [alias] of one besides the first */
  confirm(alias) {
    for (const key of this.#unconfirmed ?? []) {
      if (this.#rows.get(key)?.view.context?.alias !== alias) continue;
      this.#unconfirmed?.delete(key);
      this.drop(key);
    }
  }

  /** @param {string} words */
  filter(words) {
    this.#filter = words.trim().toLowerCase();
    for (const key of this.#rows.keys()) this.#show(key);
    for (const key of this.#sections.keys()) this.#tidy(key);
  }

  /** How many there are, are shown, and are not the cluster's own. */
  get counts() {
    const rows = [...this.#rows.values()];
    return {
      all: rows.length,
      shown: rows.filter(({ item }) => !item.hidden).length,
      own: rows.filter(
        ({ view }) => !view.namespace.startsWith('kube-') && `${view.namespace}/${view.name}` !== 'default/kubernetes',
      ).length,
    };
  }

  /** The links of what is shown, in order. @returns {HTMLAnchorElement[]} */
  get links() {
    return [...this.#container.querySelectorAll('a.name')].filter(
      /** @returns {link is HTMLAnchorElement} */ (link) =>
        link instanceof HTMLAnchorElement && link.offsetParent !== null,
    );
  }

  /** @param {string} key */
  #show(key) {
    const row = this.#rows.get(key);
    if (row === undefined) return;
    const { context, namespace, name } = row.view;
    const text = `${name}.${namespace} ${namespace}/${name} ${context?.name ?? ''}`.toLowerCase();
    row.item.hidden = !this.#filter.split(/\s+/).every((word) => text.includes(word));
    this.#tidy(sectionKey(row.view));
  }

  /** @param {ServiceView} view @param {HTMLLIElement} item */
  #place(view, item) {
    const list = this.#sectionFor(view);
    const after = [...list.children].find((other) => (other.getAttribute('data-service') ?? '') > keyOf(view));
    list.insertBefore(item, after ?? null);
  }

  /** @param {ServiceView} view */
  #sectionFor(view) {
    const key = sectionKey(view);
    const known = this.#sections.get(key);
    if (known !== undefined) return known.list;
    const { context, namespace } = view;
    const place = { context: context?.name ?? '', namespace };
    const title = context === undefined ? namespace : `${namespace} · ${context.name}`;
    const label = `Namespace ${namespace}${context === undefined ? '' : ` of context ${context.name}`}`;
    const list = element('ul', { class: 'services' });
    const section = element('section', { 'aria-label': label }, element('h2', {}, title), list);
    const later = [...this.#sections.values()].filter((other) => comparePlaces(other.place, place) > 0);
    later.sort((one, other) => comparePlaces(one.place, other.place));
    this.#container.insertBefore(section, later[0]?.section ?? null);
    this.#sections.set(key, { section, list, place });
    return list;
  }

  /** @param {string} key */
  #tidy(key) {
    const found = this.#sections.get(key);
    if (found === undefined) return;
    if (found.list.childElementCount === 0) {
      found.section.remove();
      this.#sections.delete(key);
      return;
    }
    found.section.hidden = [...found.list.children].every((item) => item instanceof HTMLElement && item.hidden);
  }
}

/** @param {HTMLElement} item */
function focusables(item) {
  return [...item.querySelectorAll('a, button')].filter((one) => one instanceof HTMLElement);
}

/** @param {HTMLElement} item */
function focusPlace(item) {
  return focusables(item).findIndex((one) => one.matches(':focus'));
}

/** @param {HTMLElement} item @param {number} place */
function restoreFocus(item, place) {
  const target = focusables(item)[place];
  if (target instanceof HTMLElement) target.focus({ preventScroll: true });
}

/** @param {HTMLElement} item */
function flash(item) {
  item.classList.remove('changed');
  void item.offsetWidth;
  item.classList.add('changed');
}
