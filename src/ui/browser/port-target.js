// @ts-check
/** Which local port leads to which port of a service. */

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
