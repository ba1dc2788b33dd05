// @ts-check
/** The ways to one port of a service, as data: what is shown, opened and copied. */
import { clientLine } from './client-lines.js';
import { openedPort, portTarget } from './port-target.js';

/**
 * @typedef {import('./state.js').ServiceView} ServiceView
 * @typedef {import('./state.js').PortView} PortView
 * @typedef {{ title: string, text: string, href?: string, hint?: string, opens?: string, closes?: number }} WayIn
 *   `text` is what gets copied; `opens` the target of a local port to open, `closes` one to close
 * @typedef {object} Place where the page and its gateway are
 * @property {string} protocol `http:` or `https:`
 * @property {string} hostname
 * @property {string} port empty for the usual one
 * @property {string | undefined} suffix what names of applications end with; undefined where they have none
 * @property {boolean} namesResolve
 * @property {string | undefined} flag `--context NAME` for commands; undefined where it cannot be typed safely
 * @property {import('./state.js').Ports} ports
 */

/** Where the browser finds a name of the gateway. @param {Place} place @param {string} stem */
export function addressOf({ protocol, port, suffix }, stem) {
  return suffix === undefined ? undefined : `${protocol}//${stem}${suffix}${port === '' ? '' : `:${port}`}/`;
}

/** What opens this port in the browser here and now. @param {ServiceView} view @param {PortView} port @param {Place} place */
export function browserAddress(view, port, place) {
  if (port.stem === undefined) return undefined;
  if (place.namesResolve) {
    const address = addressOf(place, port.stem);
    if (address !== undefined) return address;
  }
  const local = openedPort(place.ports, view, port);
  return local === undefined ? undefined : `${port.tls === true ? 'https' : 'http'}://localhost:${local}/`;
}

/** The port that is meant where none is named: the default one, else the first for browsers, else the first. @param {ServiceView} view */
export function mainPort({ ports, stem: main }) {
  return (
    ports.find(({ stem }) => stem !== undefined && stem === main) ??
    ports.find(({ stem }) => stem !== undefined) ??
    ports[0]
  );
}

/** The best of what there is, to open or to copy. @param {ServiceView} view @param {Place} place */
export function mainWay(view, place) {
  const port = mainPort(view);
  return port === undefined ? undefined : waysIn(view, port, place).find(({ text }) => text !== '');
}

/** As the gateway's proxies know it. @param {ServiceView} view */
export function proxyName({ context, namespace, name }) {
  return `${name}.${namespace}.svc${context === '' ? '' : `.${context}`}`;
}

/** @param {ServiceView} view @param {PortView} port @param {Place} place @returns {WayIn[]} empty where none leads there */
export function waysIn(view, port, place) {
  if (!view.reachable) return [];
  if (port.protocol !== 'TCP') {
    return port.dial === undefined ? [] : [{ title: 'From this machine', text: `nc -u ${port.dial}` }];
  }
  return [
    ...browserWays(view, port, place),
    ...(port.dial === undefined ? [] : [{ title: 'From this machine', text: `nc ${port.dial}` }]),
    ...localWays(view, port, place),
    proxyWay(view, port, place),
    ...kubectlWay(view, port, place),
  ];
}

/** @param {ServiceView} view @param {PortView} port @param {Place} place @returns {WayIn[]} */
function browserWays(view, port, place) {
  const address = port.stem === undefined ? undefined : addressOf(place, port.stem);
  if (address === undefined) return [];
  if (place.namesResolve) return [{ title: 'Browser', text: address, href: address }];
  const hint = 'This browser does not resolve the name. Other programs and browsers may.';
  const local = browserAddress(view, port, place);
  return [
    ...(local === undefined ? [] : [{ title: 'Browser', text: local, href: local }]),
    { title: 'By name', text: address, hint },
  ];
}

/** @param {ServiceView} view @param {PortView} port @param {Place} place @returns {WayIn[]} */
function localWays(view, port, place) {
  const title = 'Local port';
  const local = openedPort(place.ports, view, port);
  if (local !== undefined) {
    const text =
      port.stem === undefined
        ? clientLine(port, local)
        : `${port.tls === true ? 'https' : 'http'}://localhost:${local}/`;
    return [{ title, text, ...(port.stem !== undefined && { href: text }), closes: local }];
  }
  const opens = place.ports.mayOpen ? portTarget(view, port.port) : undefined;
  // Of this context alone, so that the service needs no alias.
  const target = portTarget({ ...view, context: '' }, port.port);
  const { flag } = place;
  if (flag === undefined) return opens === undefined ? [] : [{ title, text: '', opens }];
  const line = ['fairlead forward', flag, `${target}=${localFor(port.port)}`].filter((part) => part !== '');
  return [{ title, text: line.join(' '), ...(opens !== undefined && { opens }) }];
}

/** @param {ServiceView} view @param {PortView} port @param {Place} place @returns {WayIn} */
function proxyWay(view, port, { protocol, hostname, port: at }) {
  const host = proxyName(view);
  const gateway = `${hostname === '127.0.0.1' || hostname === '[::1]' ? 'localhost' : hostname}:${at === '' ? (protocol === 'https:' ? '443' : '80') : at}`;
  if (port.stem === undefined) {
    const line = `ncat --proxy ${gateway} --proxy-type ${protocol === 'https:' ? 'http' : 'socks5'} ${host} ${port.port}`;
    return {
      title: protocol === 'https:' ? 'CONNECT' : 'SOCKS',
      text: line,
      hint: `Or any program that has a proxy setting, for ${host}:${port.port}.`,
    };
  }
  const scheme = port.tls === true ? 'https' : 'http';
  const usual = port.port === (port.tls === true ? 443 : 80);
  const url = `${scheme}://${host}${usual ? '' : `:${port.port}`}/`;
  return protocol === 'https:'
    ? { title: 'curl, by proxy', text: `curl --proxy https://${gateway} ${url}` }
    : { title: 'curl, by SOCKS', text: `curl --proxy socks5h://${gateway} ${url}` };
}

/** @param {ServiceView} view @param {PortView} port @param {Place} place @returns {WayIn[]} */
function kubectlWay({ namespace, name }, { port }, { flag }) {
  if (flag === undefined) return [];
  const local = localFor(port);
  const ports = local === port ? String(port) : `${local}:${port}`;
  const line = ['kubectl', flag, `-n ${namespace} port-forward service/${name} ${ports}`].filter((part) => part !== '');
  return [{ title: 'kubectl', text: line.join(' '), hint: 'It ends with the pod that it chose.' }];
}

/** Ports below 1024 take root to listen on. @param {number} port */
function localFor(port) {
  return port < 1024 ? port + 8000 : port;
}
