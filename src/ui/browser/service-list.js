// @ts-check
/**
 * The services by namespace. Rows are kept and changed in place, so that focus, selection and scroll survive every update; of
 * thousands only the first are in the document, and more as they are scrolled or walked to.
 */
import { element, inert, keepFocus } from './elements.js';
import { rowParts } from './service-row.js';

/**
 * @typedef {import('./state.js').Service} Service
 * @typedef {import('./state.js').State} State
 * @typedef {import('./ways-in.js').Place} Place
 * @typedef {{ item: HTMLLIElement, service: Service | undefined, drawn: string }} Row
 * @typedef {{ section: HTMLElement, heading: HTMLElement, list: HTMLUListElement }} Section
 */

const step = 150;

export class ServiceList {
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** @type {Map<string, Section>} */
  #sections = new Map();
  /** Services whose ways in are spread out. @type {Set<string>} */
  #open = new Set();
  #limit = step;
  #total = 0;
  #container;
  #more;
  #onChange;

  /** @param {HTMLElement} container @param {HTMLButtonElement} more @param {() => void} onChange asks for another `show` */
  constructor(container, more, onChange) {
    this.#container = container;
    this.#more = more;
    this.#onChange = onChange;
    more.addEventListener('click', () => this.#grow());
    new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) this.#grow();
      },
      { rootMargin: '600px' },
    ).observe(more);
  }

  /** Begins at the top again: other services are looked for. */
  reset() {
    this.#limit = step;
  }

  /** Draws what changed. @param {State} state @param {[string, Service][]} chosen @param {(context: string) => Place} placeOf */
  show(state, chosen, placeOf) {
    this.#total = chosen.length;
    const shown = chosen.slice(0, this.#limit);
    /** Sections and the rows of each, in order. @type {Map<string, [string, Service][]>} */
    const grouped = new Map();
    for (const entry of shown) {
      const { context, namespace } = entry[1].view;
      const key = `${context}:${namespace}`;
      const group = grouped.get(key);
      if (group === undefined) grouped.set(key, [entry]);
      else group.push(entry);
    }
    this.#dropOthers(new Set(shown.map(([key]) => key)), grouped);
    const several = state.contexts.size > 1;
    const sections = [...grouped].map(([key, entries]) => {
      const section = this.#section(key);
      const [first] = entries;
      if (first !== undefined)
        this.#name(section, first[1], several ? state.contexts.get(first[1].view.context)?.title : undefined);
      arrange(
        section.list,
        entries.map(([id, service]) => this.#row(id, service, placeOf)),
      );
      return section.section;
    });
    arrange(this.#container, sections);
    const rest = chosen.length - shown.length;
    this.#more.hidden = rest === 0;
    if (rest > 0) this.#more.textContent = `Show more (${rest} are not shown)`;
  }

  /** What the keyboard walks along: the name of each row, in order. @returns {HTMLElement[]} */
  get names() {
    return [...this.#container.querySelectorAll('.name')].filter((one) => one instanceof HTMLElement);
  }

  /** The service that the keyboard is in. */
  get current() {
    const item = document.activeElement?.closest('[data-service]');
    for (const [key, row] of this.#rows) if (row.item === item) return { key, service: row.service };
    return undefined;
  }

  /** Spreads the ways in to a service out, or folds them. @param {string} key */
  toggle(key) {
    if (!this.#open.delete(key)) this.#open.add(key);
    this.#onChange();
  }

  /** More rows, if there are. True when there will be. */
  more() {
    if (this.#limit >= this.#total) return false;
    this.#grow();
    return true;
  }

  #grow() {
    if (this.#limit >= this.#total) return;
    this.#limit += step;
    this.#onChange();
  }

  /** @param {string} key @param {Service} service @param {(context: string) => Place} placeOf */
  #row(key, service, placeOf) {
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = { item: element('li', { 'data-service': key }), service: undefined, drawn: '' };
      this.#rows.set(key, row);
    }
    const open = this.#open.has(key);
    const place = placeOf(service.view.context);
    // Everything that a row shows follows from these.
    const { ports, ...rest } = place;
    const own = ports.opened.filter(
      ({ to }) => to.includes(`/${service.view.name}`) && to.includes(service.view.namespace),
    );
    const drawn = JSON.stringify([open, rest, ports.mayOpen, own]);
    const before = row.service;
    if (before === service && row.drawn === drawn) return row.item;
    const focusBack = keepFocus(row.item);
    const onToggle = () => this.toggle(key);
    row.item.replaceChildren(...rowParts(service.view, place, { key, open, onToggle }));
    focusBack();
    if (before !== undefined && (before.view.ready !== service.view.ready || before.view.total !== service.view.total))
      flash(row.item);
    Object.assign(row, { service, drawn });
    return row.item;
  }

  /** @param {string} key @returns {Section} */
  #section(key) {
    const known = this.#sections.get(key);
    if (known !== undefined) return known;
    const heading = element('h3');
    const list = element('ul', { class: 'services' });
    const made = { heading, list, section: element('section', {}, heading, list) };
    this.#sections.set(key, made);
    return made;
  }

  /** @param {Section} section @param {Service} service @param {string | undefined} context */
  #name({ section, heading }, { view }, context) {
    const label = `Namespace ${view.namespace}${context === undefined ? '' : ` of context ${context}`}`;
    if (section.getAttribute('aria-label') === inert(label)) return;
    section.setAttribute('aria-label', inert(label));
    heading.replaceChildren(inert(view.namespace));
    if (context !== undefined) heading.append(element('span', { class: 'soft' }, ` ${context}`));
  }

  /** @param {Set<string>} rows @param {Map<string, unknown>} sections */
  #dropOthers(rows, sections) {
    for (const [key, { item }] of this.#rows) {
      if (rows.has(key)) continue;
      handOverFocus(item, this.names);
      item.remove();
      this.#rows.delete(key);
    }
    for (const [key, { section }] of this.#sections) {
      if (sections.has(key)) continue;
      section.remove();
      this.#sections.delete(key);
    }
  }
}

/** Puts them in this order, and moves none that is in its place: what moves loses the focus. @param {HTMLElement} parent @param {HTMLElement[]} children */
function arrange(parent, children) {
  let at = parent.firstElementChild;
  for (const child of children) {
    if (child === at) at = at.nextElementSibling;
    else parent.insertBefore(child, at);
  }
}

/** A row that goes leaves the keyboard at the next one, not at the top of the page. @param {HTMLElement} item @param {HTMLElement[]} names */
function handOverFocus(item, names) {
  if (!item.contains(document.activeElement)) return;
  const at = names.findIndex((name) => item.contains(name));
  (names[at + 1] ?? names[at - 1])?.focus({ preventScroll: true });
}

/** @param {HTMLElement} item */
function flash(item) {
  item.classList.remove('changed');
  void item.offsetWidth;
  item.classList.add('changed');
}
