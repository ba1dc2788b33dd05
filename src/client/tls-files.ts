/** The PEM files of a configuration, read again as they change: certificates are renewed while a program runs. */
import type { ClientTls, TlsFiles, TlsPems } from './client-config.ts';
import { keyPairFault } from './key-pair.ts';
import { areWholeCertificates, maxPemBytes, readableUnlessCutOff } from './pem.ts';
import { readFileNow } from './read-bounded.ts';

export interface TlsWatch {
  /** What the files say now: the same object as long as it is the same; undefined while that is what was read at first. */
  current(): TlsPems | undefined;
  /** These settings with what the files say now; what did not come from the files stays. */
  applied(tls: ClientTls): ClientTls;
}

/** As of token files. */
const ageMs = 10_000;

/** One for everything that uses one configuration. */
const watches = new WeakMap<TlsFiles, TlsWatch>();

/**
 * The files are looked into when somebody asks and they have not been for 10 seconds. What cannot be used, such as a new certificate
 * beside the old key, changes nothing: it is about to be replaced.
 */
export function watchTlsFiles(files: TlsFiles): TlsWatch {
  const known = watches.get(files);
  if (known !== undefined) return known;
  const watch = openWatch(files);
  watches.set(files, watch);
  return watch;
}

function openWatch({ ca, pair, read: first }: TlsFiles): TlsWatch {
  let held = first;
  /** The file of authorities as it was looked into last. */
  let authoritiesText = first.ca;
  // The configuration may have been kept for long.
  let readAt = Number.NEGATIVE_INFINITY;

  function look(): void {
    const next = { ...held };
    const authorities = ca === undefined ? undefined : readNow(ca);
    if (authorities !== undefined && authorities !== authoritiesText) {
      authoritiesText = authorities;
      const readable = readableUnlessCutOff(authorities);
      if (readable !== undefined) next.ca = readable;
    }
    const cert = pair && readNow(pair.cert);
    const key = pair && readNow(pair.key);
    if (cert !== undefined && key !== undefined && (cert !== held.cert || key !== held.key)) {
      if (areWholeCertificates(cert) && keyPairFault(cert, key) === undefined) Object.assign(next, { cert, key });
    }
    if (next.ca !== held.ca || next.cert !== held.cert || next.key !== held.key) held = next;
  }

  function current(): TlsPems | undefined {
    if (Date.now() - readAt >= ageMs) {
      readAt = Date.now();
      look();
    }
    return held === first ? undefined : held;
  }

  return {
    current,
    applied(tls) {
      const now = current();
      if (now === undefined) return tls;
      return {
        ...tls,
        ...(ca !== undefined && tls.ca === first.ca && { ca: now.ca }),
        ...(pair !== undefined && tls.cert === first.cert && tls.key === first.key && { cert: now.cert, key: now.key }),
      };
    },
  };
}

/** Undefined for what is no ordinary file, is too big or cannot be read: nothing may wait for it. */
function readNow(path: string): string | undefined {
  const bytes = readFileNow(path, maxPemBytes);
  return bytes === undefined || bytes.length > maxPemBytes ? undefined : bytes.toString('utf8');
}
