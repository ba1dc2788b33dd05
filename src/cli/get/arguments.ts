/** `pods`, `pods,svc`, `pod a b`, `pod/a svc/b`: from the words to what is asked of each type. */
import { CommandError, UsageError } from '../command.ts';
import type { ResourceType, ResourceTypes } from './resource-types.ts';

export interface Wanted {
  type: ResourceType;
  /** Absent: all of them. */
  name?: string;
  /** Absent: that of the request. */
  namespace?: string;
}

export async function parseArguments(words: readonly string[], types: ResourceTypes): Promise<Wanted[]> {
  const [first, ...names] = words;
  if (first === undefined) {
    throw new UsageError('say what to get: a type such as pods, several (pods,services), or one object (pod/web)');
  }
  if (words.some((word) => word.includes('/'))) return parsePairs(words, types);
  if (names.includes('')) throw new CommandError('resource name may not be empty');
  const found = (await Promise.all(first.split(',').map((word) => resolve(word, types)))).flat();
  if (names.length === 0) return found.map((type) => ({ type }));
  return found.flatMap((type) => names.map((name) => ({ type, name })));
}

async function parsePairs(words: readonly string[], types: ResourceTypes): Promise<Wanted[]> {
  const pairs = await Promise.all(
    words.map(async (word) => {
      const [type = '', name = '', ...more] = word.split('/');
      if (!word.includes('/')) {
        throw new CommandError(`"${word}" is no TYPE/NAME: write all arguments as TYPE/NAME, or a type and then names`);
      }
      if (type === '' || name === '' || more.length > 0)
        throw new CommandError(`"${word}" is no TYPE/NAME with one slash`);
      return (await resolve(type, types)).map((one) => ({ type: one, name }));
    }),
  );
  return pairs.flat();
}

async function resolve(word: string, types: ResourceTypes): Promise<ResourceType[]> {
  if (word === '') throw new CommandError('a type is missing beside a comma');
  return types.resolve(word);
}
