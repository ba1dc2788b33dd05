// @ts-check
/** Finds out whether this browser resolves the gateway's names: Safari knows none below localhost. */

const patienceMs = 4000;

/** Any answer will do; it is not read. @param {string} origin @returns {Promise<boolean>} */
export async function namesResolve(origin) {
  try {
    await fetch(`${origin}/`, {
      mode: 'no-cors',
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      signal: AbortSignal.timeout(patienceMs),
    });
    return true;
  } catch {
    return false;
  }
}
