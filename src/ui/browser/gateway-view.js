// @ts-check
/** What the gateway itself does: requests, connections, and what failed of late. */
import { element } from './elements.js';
import { closePort } from './local-ports.js';

/**
 * @typedef {import('./state.js').Activity} Activity
 * @typedef {import('./state.js').Ports} Ports
 */

const places = {
  api: 'API',
  app: 'application',
  kubeconfig: 'kubeconfig',
  tunnel: 'CONNECT',
  socks: 'SOCKS',
  connect: 'CONNECT',
  'fixed-port': 'local port',
};

/** @param {Activity} activity @returns {[string, string | number][]} */
function figures({ perSecond, inFlight, upgraded, streams }) {
  const count = (/** @type {string} */ name) => inFlight[name] ?? 0;
  return [
    ['requests/s', perSecond],
    ['in flight: applications', count('app')],
    ['in flight: API', count('api') + count('kubeconfig')],
    ['WebSockets and upgrades', upgraded],
    ['local ports', streams['fixed-port'] ?? 0],
    ['SOCKS', streams.socks ?? 0],
    ['CONNECT', streams.connect ?? 0],
  ];
}

/** @param {Activity} activity */
export function figuresView(activity) {
  return figures(activity).map(([name, value]) =>
    element(
      'div',
      { class: 'figure', 'data-idle': String(value === 0) },
      element('dt', {}, name),
      element('dd', {}, String(value)),
    ),
  );
}

/** @param {Activity} activity */
export function errorsView({ errors }) {
  return errors.map(({ at, where, text, count }) => {
    const place = Object.entries(places).find(([key]) => key === where)?.[1] ?? where;
    const when = new Date(at);
    const time = element('time', { datetime: when.toISOString() }, when.toLocaleTimeString());
    const head = element('div', { class: 'soft' }, time, ` · ${place}${count > 1 ? ` · ${count} times` : ''}`);
    return element('li', { class: 'error' }, head, element('span', {}, text));
  });
}

/** @param {Ports} ports */
export function portsView({ opened, mayOpen }) {
  return opened.map(({ to, port }) => {
    const item = element(
      'li',
      { class: 'open-port' },
      element('code', {}, `localhost:${port}`),
      element('span', {}, ` → ${to} `),
    );
    if (mayOpen) {
      const close = element(
        'button',
        { type: 'button', class: 'act', 'aria-label': `Close the local port ${port}` },
        'close',
      );
      close.addEventListener('click', () => void closePort(port));
      item.append(close);
    }
    return item;
  });
}
