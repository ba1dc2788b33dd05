/** `ADDRESS:PORT`, as users write it. */
import { isIP } from 'node:net';

export interface ListenAddress {
  /** An IP address. */
  host: string;
  port: number;
}

/** IPv6 in brackets; `localhost` is 127.0.0.1. Undefined for anything else: a port alone says not who may come. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const parts = /^(?:\[([0-9a-f:.]+)\]|([^:]+)):(\d{1,5})$/i.exec(text);
  if (parts === null) return undefined;
  const written = parts[1] ?? parts[2] ?? '';
  const host = written === 'localhost' ? '127.0.0.1' : written;
  const port = Number(parts[3]);
  const family = isIP(host);
  if (family === 0 || (family === 6) !== (parts[1] !== undefined) || port > 65_535) return undefined;
  return { host, port };
}

export function addressText({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
