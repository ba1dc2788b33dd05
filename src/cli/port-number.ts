import { UsageError } from './command.ts';

/** Undefined for what is no number from 1 to 65535. */
export function portNumber(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/** The value of --port. Throws UsageError. */
export function portFlag(text: string): number {
  const port = portNumber(text);
  if (port === undefined) throw new UsageError(`invalid --port "${text}": a number from 1 to 65535 is needed`);
  return port;
}
