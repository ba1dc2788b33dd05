import { UsageError } from '../command.ts';

/** The values of `--image`, `NAME=COMMAND` each, checked as the node will check them, when it is too late for an answer. */
export async function parseImages(texts: readonly string[]): Promise<Map<string, string>> {
  const images = new Map(texts.map(parseImage));
  if (images.size === 0) return images;
  const { openImageTable } = await import('../../node/images/image-table.ts');
  try {
    openImageTable(images, '');
  } catch (error) {
    throw new UsageError(`invalid --image: ${error instanceof Error ? error.message : String(error)}`);
  }
  return images;
}

function parseImage(text: string): [image: string, command: string] {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) {
    throw new UsageError(`invalid --image "${text}": NAME=COMMAND is needed, such as --image busybox=/bin/busybox`);
  }
  return [text.slice(0, at), text.slice(at + 1)];
}
