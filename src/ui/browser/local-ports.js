// @ts-check
/** Opens a local port for a service, and closes it again. What is open comes over the stream. */
import { announce } from './elements.js';

const own = { 'X-Fairlead-Page': '1' };

/** `[ALIAS/]NAMESPACE/SERVICE:PORT`, as the gateway names it. @param {import('./state.js').ServiceView} view @param {number} port */
export function portTarget({ context, namespace, name }, port) {
  return `${context === '' ? '' : `${context}/`}${namespace}/${name}:${port}`;
}

/** @param {import('./state.js').Ports} ports @param {import('./state.js').ServiceView} view @param {import('./state.js').PortView} port */
export function openedPort({ opened }, view, { name, port }) {
  const whole = portTarget(view, port);
  const bare = whole.slice(0, whole.lastIndexOf(':'));
  const named = `${bare}:${name}`;
  return opened.find(
    ({ to }) => to === whole || (name !== '' && to === named) || (to === bare && view.ports.length === 1),
  )?.port;
}

/** @param {string} to */
export async function openPort(to) {
  const answer = await ask('POST', { to });
  if (answer !== undefined) announce(`localhost:${answer.port} leads to ${to} until the gateway stops.`);
}

/** @param {number} port */
export async function closePort(port) {
  const answer = await ask('DELETE', { port: String(port) });
  if (answer !== undefined) announce(`Port ${port} is closed.`);
}

/** @param {'POST' | 'DELETE'} method @param {Record<string, string>} query @returns {Promise<{ port: number } | undefined>} */
async function ask(method, query) {
  try {
    const response = await fetch(`/.fairlead/ports?${new URLSearchParams(query)}`, { method, headers: own });
    const answer = await response.json();
    if (response.ok) return answer;
    announce(String(answer.message));
  } catch {
    announce('The gateway does not answer: nothing was changed.');
  }
  return undefined;
}
