/** `pods`, `pods,svc`, `pod a b`, `pod/a svc/b`: from the words to what is asked of each type. */
import { formatApiVersion } from '../../api/group-version.ts';
import { CommandError, UsageError } from '../command.ts';
import type { ResourceType, ResourceTypes } from './resource-types.ts';

export interface Wanted {
  type: ResourceType;
  /** Absent: all of them. */
  name?: string;
  /** Absent: that of the request. */
  namespace?: string;
}

/** Throws UsageError for no words, CommandError for those that name no type or go with no name. */
export async function parseArguments(words: readonly string[], types: ResourceTypes): Promise<Wanted[]> {
  const [first, ...names] = words;
  if (first === undefined) {
    throw new UsageError('say what to get: a type such as pods, several (pods,services), or one object (pod/web)');
  }
  if (words.some((word) => word.includes('/'))) return parsePairs(words, types);
  if (names.includes('')) throw new CommandError('resource name may not be empty');
  const typeWords = [...new Set(first.split(','))];
  if (names.length === 0) return distinctTypes(await resolveAll(typeWords, types)).map((type) => ({ type }));
  if (typeWords.length > 1) {
    const each = await Promise.all(typeWords.map((word) => types.ofName(checked(word))));
    return each.flatMap((type) => names.map((name) => ({ type, name })));
  }
  const [type, other] = await resolveAll(typeWords, types);
  if (type === undefined || other !== undefined) {
    throw new CommandError(`"${first}" means several types, and names go with one: give the type, or TYPE/NAME`);
  }
  return names.map((name) => ({ type, name }));
}

async function parsePairs(words: readonly string[], types: ResourceTypes): Promise<Wanted[]> {
  return await Promise.all(
    words.map(async (word) => {
      const [type = '', name = '', ...more] = word.split('/');
      if (!word.includes('/')) {
        throw new CommandError(`"${word}" is no TYPE/NAME: write all arguments as TYPE/NAME, or a type and then names`);
      }
      if (type === '' || name === '' || more.length > 0)
        throw new CommandError(`"${word}" is no TYPE/NAME with one slash`);
      return { type: await types.ofName(type), name };
    }),
  );
}

async function resolveAll(words: readonly string[], types: ResourceTypes): Promise<ResourceType[]> {
  return (await Promise.all(words.map((word) => types.resolve(checked(word))))).flat();
}

function checked(word: string): string {
  if (word === '') throw new CommandError('a type is missing beside a comma');
  return word;
}

/** One type has several names: what is asked of it is asked once. */
function distinctTypes(types: readonly ResourceType[]): ResourceType[] {
  return [...new Map(types.map((type) => [`${type.plural}.${formatApiVersion(type)}`, type])).values()];
}
