/** The API servers that a kubeconfig names: `server`, and further ones in an extension of the cluster's entry. */
import { isRecord } from '../lib/is-record.ts';
import type { NamedChoice } from './choice-names.ts';
import { optionNames } from './choice-names.ts';
import { ConfigError } from './client-config.ts';
import type { KubeconfigEntry } from './kubeconfig-entry.ts';
import { booleanOf, entryError, textField, textListOf } from './kubeconfig-entry.ts';

/** Name of the extension; it holds `servers`, a list of URLs, and `discover`. */
export const serversExtension = 'fairlead.dev/servers';

export interface ServerChoice {
  server?: string | undefined;
  /** Beside `server`. */
  servers?: readonly string[] | undefined;
  discoverServers?: boolean | undefined;
}

export interface NamedServers {
  server: string;
  servers?: readonly string[];
  discoverServers?: true;
}

/** What was chosen takes the place of all that the entry names. Throws ConfigError for what is no URL of a server. */
export function namedServers(
  cluster: KubeconfigEntry | undefined,
  { names = optionNames, ...choice }: ServerChoice & NamedChoice,
): NamedServers {
  const extension = cluster && serversOf(cluster);
  const isDiscovering = choice.discoverServers ?? extension?.discover ?? false;
  const discovery = isDiscovering && { discoverServers: true as const };
  if (choice.server) {
    const wrong = (what: string) => new ConfigError(`${names.server} cannot be used: ${what}.`);
    const [server = '', ...servers] = [choice.server, ...(choice.servers ?? [])].map((url) => serverUrl(url, wrong));
    if (isMixed([server, ...servers])) throw wrong(oneScheme);
    return { server, ...(servers.length > 0 && { servers }), ...discovery };
  }
  if (cluster === undefined) throw new ConfigError(`${names.server} cannot be used: it is empty.`);
  const wrong = (what: string) => entryError(cluster, what);
  const written = textField(cluster, 'server');
  if (written === undefined) throw wrong('it has no "server"');
  const servers = (extension?.servers ?? []).map((url) =>
    serverUrl(url, (what) => wrong(`${what} (in its extension ${serversExtension})`)),
  );
  const server = serverUrl(written, wrong);
  if (isMixed([server, ...servers]))
    throw wrong(`${oneScheme} ("server" and those of its extension ${serversExtension})`);
  return { server, ...(servers.length > 0 && { servers }), ...discovery };
}

const oneScheme = 'the API servers of one cluster must all be https or all be http';

function isMixed(urls: readonly string[]): boolean {
  return new Set(urls.map((url) => url.startsWith('https:'))).size > 1;
}

/** The content of an extension of the cluster's entry. */
export function extensionOf(cluster: KubeconfigEntry, name: string): unknown {
  const extensions = cluster.fields.extensions ?? [];
  if (!Array.isArray(extensions)) throw entryError(cluster, '"extensions" must be a list');
  const found: unknown = extensions.find((item) => isRecord(item) && item.name === name);
  return isRecord(found) ? found.extension : undefined;
}

function serversOf(cluster: KubeconfigEntry): { servers: readonly string[]; discover: boolean } | undefined {
  const extension = extensionOf(cluster, serversExtension);
  if (extension === undefined || extension === null) return undefined;
  const path = `extensions.${serversExtension}`;
  if (!isRecord(extension)) throw entryError(cluster, `"${path}" must be a mapping with "servers", "discover" or both`);
  for (const key of Object.keys(extension)) {
    if (key !== 'servers' && key !== 'discover') throw entryError(cluster, `"${path}.${key}" is not known`);
  }
  return {
    servers: textListOf(cluster, extension, 'servers', `${path}.`),
    discover: booleanOf(cluster, extension, 'discover', `${path}.`),
  };
}

function serverUrl(text: string, wrong: (what: string) => ConfigError): string {
  const url = URL.parse(text.includes('://') ? text : `https://${text}`);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    // A zone is a link of one machine; no certificate carries it, and Node dials none.
    if (/^(?:[a-z]+:\/\/)?\[[0-9a-f:.]+%/i.test(text)) {
      throw wrong(
        '"server" has an IPv6 address with a zone ("%…"), which is not supported: use an address without one',
      );
    }
    // Not the text itself: it may carry a password.
    throw wrong('"server" is not an http or https URL');
  }
  if (url.username !== '' || url.password !== '') {
    throw wrong('"server" carries a user name or password: put credentials into the user\'s entry');
  }
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
}
