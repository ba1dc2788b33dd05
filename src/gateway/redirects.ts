/** Redirects of applications, put into names that lead somewhere from the browser. */
import { isUnmistakable, parseClusterName } from './cluster-name.ts';
import type { Target } from './destination.ts';
import type { GatewayNames } from './host.ts';
import { parseHost } from './host.ts';

export interface RedirectSource {
  /** Host as the browser sent it. */
  host: string;
  /** Path and query as the browser asked for them. */
  path: string;
  target: Target;
  /** The port that was meant, of the Service or pod. */
  port: number;
  /** The browser speaks TLS to the gateway. */
  secure?: boolean;
  names?: GatewayNames;
  /** The application's cluster is known to have this service with this port (any, if undefined). */
  knowsService?(namespace: string, name: string, port: string | undefined): boolean;
}

export interface Redirect {
  location: string;
  /** The application asks for nothing but the same over https. */
  onlyAsksForTls: boolean;
}

/**
 * `https:` of the very name that was asked becomes what the gateway speaks to browsers, `http:` as a rule; names that only pods of the
 * cluster know (`SERVICE.NAMESPACE.svc`, the application's own SERVICE, `SERVICE.NAMESPACE` of a known one) become names
 * of the gateway. All else, and everything that is asked for under other names than the gateway's, stays as it is.
 */
export function mendRedirect(location: string, source: RedirectSource): Redirect {
  const unchanged = { location, onlyAsksForTls: false };
  if (parseHost(source.host, source.names) === undefined) return unchanged;
  const match = /^(https?:)?\/\/([^/?#@\s]+)(.*)$/is.exec(location);
  if (match === null) return unchanged;
  const [, asked, authority = '', rest = ''] = match;
  const secure = source.secure === true;
  const asksForTls = asked?.toLowerCase() === 'https:';
  // Without a scheme it is the one that the browser speaks.
  const tls = asked === undefined ? secure : asksForTls;
  const [written = '', port] = splitPort(authority.toLowerCase());
  const name = written.replace(/\.$/, '');
  const scheme = secure ? 'https' : 'http';
  const usualPort = secure ? '443' : '80';
  const [own = '', gatewayPort = usualPort] = splitPort(source.host.toLowerCase());
  if (name === own) {
    // With our port, with none, or with that of TLS: the browser is to stay where it is.
    if (written === own && tls === secure && (port ?? usualPort) === gatewayPort) return unchanged;
    return {
      location: `${scheme}://${source.host}${rest}`,
      onlyAsksForTls: asksForTls && (rest || '/') === source.path,
    };
  }
  const host = hostOf(name, port ?? (asksForTls ? '443' : undefined), source);
  return host === undefined
    ? unchanged
    : {
        location: `${scheme}://${host}${gatewayPort === usualPort ? '' : `:${gatewayPort}`}${rest}`,
        onlyAsksForTls: false,
      };
}

function hostOf(name: string, port: string | undefined, source: RedirectSource): string | undefined {
  const { target } = source;
  const isOwn = name === target.name || name === `${target.name}.${target.namespace}`;
  if (!isOwn && !isUnmistakable(name) && !isKnownService(name, port, source)) return undefined;
  const meant = isOwn ? { ...target, alias: undefined } : parseClusterName(name);
  if (meant === undefined || meant.kind === 'address') return undefined;
  const alias = meant.alias ?? target.alias;
  const end = `${meant.kind === 'pod' ? 'pod' : 'svc'}${alias === undefined ? '' : `.${alias}`}${suffixOf(source)}`;
  if (meant.kind === 'pod') return `${meant.name}.${meant.namespace}.${end}`;
  const itself = meant.name === target.name && meant.namespace === target.namespace && target.kind === 'service';
  if (itself && (port === undefined || Number(port) === source.port)) return splitPort(source.host)[0];
  return `${port === undefined ? '' : `${port}.`}${meant.name}.${meant.namespace}.${end}`;
}

/** `SERVICE.NAMESPACE` alone could be a name of the internet as well. */
function isKnownService(name: string, port: string | undefined, { knowsService }: RedirectSource): boolean {
  const [service = '', namespace = '', ...more] = name.split('.');
  return more.length === 0 && knowsService?.(namespace, service, port) === true;
}

function splitPort(authority: string): [name: string, port: string | undefined] {
  const at = /:(\d{1,5})$/.exec(authority);
  return at === null ? [authority, undefined] : [authority.slice(0, at.index), at[1]];
}

/** What the names of the gateway end with, as it was asked. */
function suffixOf({ host, names }: RedirectSource): string {
  const [name] = splitPort(host.toLowerCase());
  return names?.suffixes.find((suffix) => name.endsWith(suffix)) ?? '.localhost';
}
