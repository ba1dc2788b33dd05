/** Where the image `fairlead.local/echo` listens, by its arguments. */
import { parseArgs } from 'node:util';

/** Throws for arguments that the program does not have. */
export function echoPorts(args: readonly string[]): { plain: number; tls: number } {
  const { values } = parseArgs({
    args: [...args],
    options: { port: { type: 'string', default: '8080' }, 'tls-port': { type: 'string', default: '8443' } },
  });
  return { plain: Number(values.port), tls: Number(values['tls-port']) };
}
