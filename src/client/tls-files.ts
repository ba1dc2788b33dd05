/** The PEM files of a configuration, read again as they change: certificates are renewed while a program runs. */
import { X509Certificate } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { ClientTls } from './client-config.ts';
import { keyPairFault } from './key-pair.ts';

/** What is read again; `cert` and `key` go together. */
export type TlsPems = Pick<ClientTls, 'ca' | 'cert' | 'key'>;

export interface TlsPaths {
  ca?: string;
  pair?: { cert: string; key: string };
}

/** Shared by everything that uses one configuration. */
export interface TlsFiles {
  /** What the files say now: the same object as long as it is the same; undefined while that is what `first` was. */
  current(): TlsPems | undefined;
  /** These settings with what the files say now; what did not come from the files stays. */
  applied(tls: ClientTls): ClientTls;
}

/** As of token files. */
const ageMs = 10_000;
/** Certificates and keys are small; more is another kind of file. */
const maxBytes = 1024 * 1024;

/**
 * `first` is what the files said when the configuration was made. They are looked into again when somebody asks and 10 seconds have
 * passed. What cannot be used, such as a new certificate beside the old key, changes nothing: it is about to be replaced.
 */
export function watchTlsFiles({ ca, pair }: TlsPaths, first: TlsPems): TlsFiles {
  let held = first;
  let readAt = Date.now();

  function look(): void {
    const next = { ...held };
    const authorities = ca === undefined ? undefined : readNow(ca);
    if (authorities !== undefined && authorities !== held.ca && hasCertificate(authorities)) next.ca = authorities;
    const cert = pair && readNow(pair.cert);
    const key = pair && readNow(pair.key);
    if (cert !== undefined && key !== undefined && (cert !== held.cert || key !== held.key)) {
      if (keyPairFault(cert, key) === undefined) Object.assign(next, { cert, key });
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

/** Whether anybody can be trusted by this text. */
function hasCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

/** Undefined for what is no ordinary file, is too big or cannot be read: nothing may wait for it. */
function readNow(path: string): string | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const status = fstatSync(descriptor);
    if (!status.isFile() || status.size > maxBytes) return undefined;
    const bytes = Buffer.alloc(status.size);
    return bytes.toString('utf8', 0, readSync(descriptor, bytes));
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
