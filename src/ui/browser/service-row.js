// @ts-check
/** One service in the list. */
import { copyButton, element } from './elements.js';
import { openedPort } from './port-target.js';
import { browserAddress, mainPort, proxyName } from './ways-in.js';
import { portLabel, waysView } from './ways-view.js';

/**
 * @typedef {import('./state.js').ServiceView} ServiceView
 * @typedef {import('./ways-in.js').Place} Place
 */

const stateNames = { ready: 'ready', partial: 'partly ready', down: 'not ready', idle: 'nothing to reach' };
/** More are in the ways in. */
const mostChips = 4;

/** @param {ServiceView} view @param {Place} place @param {{ key: string, open: boolean, onToggle: () => void }} row */
export function rowParts(view, place, { key, open, onToggle }) {
  const waysId = `ways ${key}`.replace(/[^\w-]/g, '_');
  const toggle = element(
    'button',
    {
      type: 'button',
      class: 'toggle',
      'aria-expanded': String(open),
      'aria-label': `Ways in to ${view.name}`,
      title: 'Ways in (d)',
      ...(open && { 'aria-controls': waysId }),
    },
    'ways in',
  );
  toggle.addEventListener('click', onToggle);
  const parts = [title(view, place, { open, onToggle }), stateCell(view), chips(view, place, onToggle), toggle];
  if (view.note !== undefined) parts.push(element('p', { class: 'note' }, view.note));
  if (view.problem !== undefined) parts.push(problem(view.problem));
  if (open) parts.push(element('div', { class: 'ways-in', id: waysId }, ...waysView(view, place)));
  return parts;
}

/** @param {ServiceView} view @param {Place} place @param {{ open: boolean, onToggle: () => void }} row */
function title(view, place, { open, onToggle }) {
  const cell = element('div', { class: 'title' });
  const port = mainPort(view);
  const address = port === undefined ? undefined : browserAddress(view, port, place);
  if (address !== undefined) {
    const link = element('a', { class: 'name', href: address }, view.name);
    cell.append(link, element('p', { class: 'address' }, shown(address)));
    return cell;
  }
  const name = element('button', { type: 'button', class: 'name', 'aria-expanded': String(open) }, view.name);
  name.addEventListener('click', onToggle);
  cell.append(name);
  if (port === undefined || !view.reachable) return cell;
  const local = openedPort(place.ports, view, port);
  const known = local === undefined ? `${proxyName(view)}:${port.port}` : `localhost:${local}`;
  cell.append(element('p', { class: 'address' }, known));
  return cell;
}

/** As people read it. @param {string} address */
function shown(address) {
  return address.replace(/^https?:\/\//, '').replace(/\/$/, '');
}

/** @param {ServiceView} view */
function stateCell(view) {
  const text =
    view.state === 'idle' && view.total === 0
      ? view.type === 'ExternalName'
        ? 'outside'
        : 'no pods'
      : `${view.ready}/${view.total} ready`;
  const cell = element('div', { class: 'state', 'data-state': view.state, title: stateNames[view.state] }, text);
  cell.append(element('span', { class: 'type' }, view.type));
  return cell;
}

/** @param {ServiceView} view @param {Place} place @param {() => void} onToggle */
function chips(view, place, onToggle) {
  const list = element('ul', { class: 'ports', 'aria-label': 'Ports' });
  for (const port of view.ports.slice(0, mostChips)) {
    const address = browserAddress(view, port, place);
    const label = portLabel(port);
    const chip =
      address === undefined ? element('span', {}, label) : element('a', { href: address, title: address }, label);
    list.append(element('li', { class: 'chip' }, chip));
  }
  if (view.ports.length > mostChips) {
    const rest = element('button', { type: 'button' }, `${view.ports.length - mostChips} more`);
    rest.addEventListener('click', onToggle);
    list.append(element('li', { class: 'chip' }, rest));
  }
  return list;
}

/** @param {NonNullable<ServiceView['problem']>} problem */
function problem({ severity, text, command }) {
  const made = element('div', { class: 'problem', 'data-severity': severity }, element('span', {}, text));
  if (command !== undefined) {
    made.append(
      element('span', { class: 'see' }, 'See why: ', element('code', {}, command), copyButton(command, 'the command')),
    );
  }
  return made;
}
