/** Which requests the API's origin passes on: by default nothing that leads into containers; else by kubectl proxy's patterns. */
import type { GoPattern } from '../lib/go-regexp/pattern.ts';
import type { ApiPath } from './api-path.ts';
import { leadsIntoContainers } from './api-path.ts';

export interface FilterSettings {
  /** kubectl's `--accept-paths`; absent: all. */
  acceptPaths?: readonly GoPattern[];
  /** kubectl's `--reject-paths`; absent: what leads into containers, as the path is understood rather than spelled. */
  rejectPaths?: readonly GoPattern[];
  /** kubectl's `--accept-hosts`; absent: the gateway's own names. */
  acceptHosts?: readonly GoPattern[];
  /** kubectl's `--reject-methods`; absent: none. */
  rejectMethods?: readonly GoPattern[];
  /** kubectl's `--disable-filter`: all of these let everything pass. */
  disabled?: boolean;
}

export class ApiFilter {
  readonly #settings: FilterSettings;

  constructor(settings: FilterSettings = {}) {
    this.#settings = settings;
  }

  /** True where the API's origin answers under this Host, which is no name of an application. `isOwn`: it is one of ours. */
  acceptsHost(host: string, isOwn: boolean): boolean {
    const { acceptHosts, disabled } = this.#settings;
    if (disabled === true) return true;
    if (acceptHosts === undefined) return isOwn;
    const name = hostWithoutPort(host);
    return matches(acceptHosts, name) || (name.includes(':') && matches(acceptHosts, `[${name}]`));
  }

  /** Undefined: the request may pass. Else why not. `path`: decoded, without `--api-prefix`; asked for where it counts. */
  refuses({ method, path, parsed }: { method: string; path(): string; parsed: ApiPath }): string | undefined {
    const { acceptPaths, rejectPaths, rejectMethods, disabled } = this.#settings;
    if (disabled === true) return undefined;
    if (rejectPaths === undefined && leadsIntoContainers(parsed)) {
      return `the gateway does not pass on ${parsed.subresource} (as kubectl proxy does not); use kubectl against the API server itself`;
    }
    if (rejectPaths !== undefined && matches(rejectPaths, path())) return 'its path is among those of --reject-paths';
    if (rejectMethods !== undefined && matches(rejectMethods, method))
      return `the method ${method} is among those of --reject-methods`;
    if (acceptPaths !== undefined && !matches(acceptPaths, path()))
      return 'its path is not among those of --accept-paths';
    return undefined;
  }
}

function matches(patterns: readonly GoPattern[], text: string): boolean {
  return patterns.some((pattern) => pattern.test(text));
}

/** As Go takes `host:port` apart: brackets go with the port, and stay where there is none. */
function hostWithoutPort(host: string): string {
  const match = /^(?:\[([^[\]]*)\]|([^:[\]]*)):[^:[\]]*$/.exec(host);
  return match?.[1] ?? match?.[2] ?? host;
}
