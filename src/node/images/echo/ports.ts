/** Where the image `fairlead.local/echo` listens, by its arguments. */
import { parseArgs } from 'node:util';

/** Throws for arguments that the program does not have. */
export function echoPorts(args: readonly string[]): { plain: number; tls: number } {
  const { values } = parseArgs({
    args: [...args],
    options: { port: { type: 'string', default: '8080' }, 'tls-port': { type: 'string', default: '8443' } },
  });
  return { plain: portNumber(values.port), tls: portNumber(values['tls-port']) };
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65535) throw new Error(`"${text}" is no port: from 1 to 65535`);
  return port;
}
