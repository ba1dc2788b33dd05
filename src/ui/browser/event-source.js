// @ts-check
/** The one stream that everything comes over, opened anew as often as it is lost. */

/** @typedef {import('./state.js').Happening} Happening */

const types = /** @type {const} */ (['begin', 'put', 'drop', 'context', 'version', 'servers', 'activity', 'ports']);
const firstDelayMs = 250;
const longestDelayMs = 5000;

/** @param {string} url @param {(event: Happening) => void} onEvent */
export function followEvents(url, onEvent) {
  /** @type {EventSource | undefined} */
  let stream;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let retry;
  let delay = firstDelayMs;

  function open() {
    clearTimeout(retry);
    stream?.close();
    const opened = new EventSource(url);
    stream = opened;
    for (const type of types) {
      opened.addEventListener(type, ({ data }) => {
        if (stream === opened) onEvent({ type, data: JSON.parse(data) });
      });
    }
    opened.onopen = () => {
      delay = firstDelayMs;
    };
    opened.onerror = () => {
      // The browser would try again too, but gives up for good after some answers; and its pace is not ours.
      opened.close();
      if (stream !== opened) return;
      onEvent({ type: 'lost' });
      retry = setTimeout(open, delay);
      delay = Math.min(delay * 2, longestDelayMs);
    };
  }

  function close() {
    clearTimeout(retry);
    stream?.close();
    stream = undefined;
  }

  /** A browser keeps six connections to one origin: tabs that nobody sees must not take them all. */
  function followVisibility() {
    if (document.visibilityState === 'hidden') close();
    else if (stream === undefined) open();
  }

  document.addEventListener('visibilitychange', followVisibility);
  addEventListener('pagehide', close);
  addEventListener('pageshow', followVisibility);
  followVisibility();
  return { retryNow: open };
}
