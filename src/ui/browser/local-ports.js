// @ts-check
/** Opens a local port for a service, and closes it again. What is open comes over the stream. */
import { announce } from './elements.js';

const own = { 'X-Fairlead-Page': '1' };

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
