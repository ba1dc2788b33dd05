/** `[[NAMESPACE/]POD:]PATH`. */
import { CommandError } from '../command.ts';

export type FileSpec = { at: 'here'; path: string } | { at: 'pod'; namespace?: string; pod: string; path: string };

/** Throws CommandError. */
export function parseFileSpec(text: string): FileSpec {
  const colon = text.indexOf(':');
  const spec: FileSpec = colon < 0 ? { at: 'here', path: text } : inPod(text, colon);
  if (spec.path === '') throw new CommandError(`"${text}" names no file: write POD:PATH, or a path of this machine`);
  return spec;
}

function inPod(text: string, colon: number): FileSpec {
  const parts = text.slice(0, colon).split('/');
  const path = text.slice(colon + 1);
  const [first = '', second] = parts;
  if (parts.length > 2 || parts.includes('')) {
    throw new CommandError(
      `"${text}" is no [[NAMESPACE/]POD:]PATH; write ./ before a path of this machine that holds a colon`,
    );
  }
  return second === undefined ? { at: 'pod', pod: first, path } : { at: 'pod', namespace: first, pod: second, path };
}
