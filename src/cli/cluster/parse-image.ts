import { UsageError } from '../command.ts';

/** The value of `--image`: `NAME=COMMAND`. */
export function parseImage(text: string): [image: string, command: string] {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) {
    throw new UsageError(`invalid --image "${text}": NAME=COMMAND is needed, such as --image busybox=/bin/busybox`);
  }
  return [text.slice(0, at), text.slice(at + 1)];
}
