/** Fires on the first SIGINT or SIGTERM; a second one ends the process at once. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      process.once(name, () => process.exit(name === 'SIGINT' ? 130 : 143));
      controller.abort();
    });
  }
  return controller.signal;
}
