// @ts-check
/** The ways to a service, spread out: for each port what to open, copy or type. */
import { copyButton, element } from './elements.js';
import { closePort, openPort } from './local-ports.js';
import { waysIn } from './ways-in.js';

/**
 * @typedef {import('./state.js').ServiceView} ServiceView
 * @typedef {import('./state.js').PortView} PortView
 * @typedef {import('./ways-in.js').Place} Place
 * @typedef {import('./ways-in.js').WayIn} WayIn
 */

/** @param {ServiceView} view @param {Place} place */
export function waysView(view, place) {
  if (view.ports.length > 0) return view.ports.map((port) => portSection(view, port, place));
  const text = view.reachable
    ? 'It declares no ports: name one in its spec to reach it.'
    : 'No way leads there from here.';
  return [element('p', { class: 'soft' }, text)];
}

/** `443 https`, `53 dns UDP`. @param {PortView} port */
export function portLabel(port) {
  const protocol = port.protocol === 'TCP' ? '' : port.protocol;
  const name = port.name.toUpperCase() === protocol ? '' : port.name;
  return [port.port, name, protocol].filter((part) => part !== '').join(' ');
}

/** @param {ServiceView} view @param {PortView} port @param {Place} place */
function portSection(view, port, place) {
  const section = element('section', { class: 'port', 'aria-label': `Port ${portLabel(port)}` });
  section.append(element('h4', {}, `Port ${portLabel(port)}`));
  const ways = waysIn(view, port, place);
  if (port.protocol !== 'TCP') {
    const text = `${port.protocol} does not pass: the ways into a cluster carry TCP only. ${ways.length > 0 ? 'Its pods are on this machine, though:' : 'Reach it from a pod of the cluster.'}`;
    section.append(element('p', { class: 'soft' }, text));
  } else if (ways.length === 0) {
    section.append(element('p', { class: 'soft' }, 'No way leads there from here.'));
  }
  if (ways.length > 0) section.append(element('ul', { class: 'ways' }, ...ways.map((way) => wayItem(way, port))));
  return section;
}

/** @param {WayIn} way @param {PortView} port */
function wayItem({ title, text, href, hint, opens, closes }, port) {
  const code = element('code', {}, text);
  const line = element('div', { class: 'way-line' });
  if (text !== '')
    line.append(
      href === undefined ? code : element('a', { href }, code),
      copyButton(text, `${title} of port ${port.port}`),
    );
  if (opens !== undefined) {
    line.append(
      button(text === '' ? 'open a local port' : 'open now', `Open a local port that leads to ${opens}`, () =>
        openPort(opens),
      ),
    );
  }
  if (closes !== undefined) line.append(button('close', `Close the local port ${closes}`, () => closePort(closes)));
  const item = element('li', { class: 'way' }, element('span', { class: 'way-title' }, title), line);
  if (hint !== undefined) item.append(element('p', { class: 'soft hint' }, hint));
  return item;
}

/** @param {string} text @param {string} label @param {() => Promise<void>} act */
function button(text, label, act) {
  const made = element('button', { type: 'button', class: 'act', 'aria-label': label }, text);
  made.addEventListener('click', async () => {
    made.disabled = true;
    await act();
    made.disabled = false;
  });
  return made;
}
