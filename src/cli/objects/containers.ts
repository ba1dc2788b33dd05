/** Containers for generated pods. */
import type { Container } from '../../api/types/core-v1.ts';
import { UsageError } from '../command.ts';

/** One for each image, named after it; `command` and `port` are the first one's. */
export function containersOf(
  images: readonly string[],
  { command, port }: { command: readonly string[]; port: number | undefined },
): (Container & { resources: object })[] {
  if (port !== undefined && (port < 1 || port > 65_535))
    throw new UsageError(`invalid --port ${port}: from 1 to 65535`);
  const names = new Set<string>();
  return images.map((image, index) => {
    const name = unused(nameOfImage(image), names);
    names.add(name);
    return {
      name,
      image,
      resources: {},
      ...(index === 0 && command.length > 0 && { command: [...command] }),
      ...(index === 0 && port !== undefined && { ports: [{ containerPort: port }] }),
    };
  });
}

/** `registry/path/name:tag@digest`, its name as a label. */
function nameOfImage(image: string): string {
  const last = image.slice(image.lastIndexOf('/') + 1);
  const bare = last.split('@')[0]?.split(':')[0] ?? '';
  return bare.replaceAll('_', '-');
}

function unused(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  const random = Array.from({ length: 5 }, () => 'bcdfghjklmnpqrstvwxz2456789'.charAt(Math.floor(Math.random() * 27)));
  return `${name}-${random.join('')}`;
}
