/** Which program an image's name stands for: built-in ones, and those that the user mapped to commands of this machine. */
import { getCompileCacheDir } from 'node:module';
import { fileURLToPath } from 'node:url';
import { programUrl } from '../../lib/program-url.ts';
import { echoPorts } from './echo/ports.ts';

export interface ImageProgram {
  kind: 'built-in' | 'mapped';
  /** Program and first arguments, in place of an image's ENTRYPOINT. */
  entrypoint: readonly string[];
  /** Told to clients as the imageID. */
  id: string;
  /** What the image sets, as ENV does. */
  environment: Readonly<Record<string, string>>;
  /** The TCP port on which it listens as soon as it works, by the arguments that it is given. Absent: not known. */
  listensOn?: (args: readonly string[]) => number;
}

export interface ImageTable {
  /** Undefined for an image that nothing provides. */
  resolve(image: string): ImageProgram | undefined;
  /** All names, for Node.status.images. */
  names(): string[];
}

interface BuiltIn {
  /** The program, relative to this file. */
  file: string;
  listensOn?: (args: readonly string[]) => number;
}

const BUILT_IN: Readonly<Record<string, BuiltIn>> = {
  'fairlead.local/echo': { file: './echo/main.ts', listensOn: (args) => echoPorts(args).plain },
  'fairlead.local/demo-web': { file: '../../../examples/demo/server.ts' },
};

/** Built-in programs are small: little memory for young objects keeps them so. */
const NODE_OPTIONS = ['--max-semi-space-size=1'];

/**
 * `mapped` is what `--image NAME=COMMAND` gave: image name to command line, split at blanks with quotes as in a shell;
 * no shell is involved. A name without a tag stands for every tag of that image. Throws on a name or command that makes
 * no sense. In `cacheDirectory` built-in programs find themselves compiled; they start twice as fast by it.
 */
export function openImageTable(mapped: ReadonlyMap<string, string>, cacheDirectory: string): ImageTable {
  const cached = { NODE_COMPILE_CACHE: getCompileCacheDir() ?? cacheDirectory };
  const programs = new Map<string, ImageProgram>();
  for (const [name, { file, ...known }] of Object.entries(BUILT_IN)) {
    const path = fileURLToPath(programUrl(file, import.meta.url));
    programs.set(name, {
      kind: 'built-in',
      entrypoint: [process.execPath, ...NODE_OPTIONS, path],
      id: `builtin://${name}`,
      environment: cached,
      ...known,
    });
  }
  for (const [name, command] of mapped) {
    const entrypoint = splitCommand(command);
    if (entrypoint.length === 0) throw new Error(`image ${name} is mapped to an empty command`);
    const key = canonicalImage(name);
    if (key.startsWith('fairlead.local/')) throw new Error(`image ${name} is built in and cannot be mapped`);
    programs.set(key, { kind: 'mapped', entrypoint, id: `process://${name}`, environment: {} });
  }
  return {
    resolve(image) {
      const full = canonicalImage(image);
      return programs.get(full) ?? programs.get(withoutTag(full));
    },
    names: () => [...programs.keys()],
  };
}

/** `busybox` and `docker.io/library/busybox` are the same image, as they are for every container runtime. */
export function canonicalImage(image: string): string {
  const short = image.replace(/^(index\.)?docker\.io\//, '').replace(/^library\//, '');
  return short.replace(/:latest$/, '');
}

function withoutTag(image: string): string {
  return image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
}

/** Words of a command line: blanks separate, quotes group, a backslash takes the next character as it is. */
export function splitCommand(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index] ?? '';
    if (char === quote && quote !== '') {
      quote = '';
    } else if (char === '\\' && quote !== "'") {
      index += 1;
      word = (word ?? '') + (text[index] ?? '');
    } else if (quote !== '') {
      word = (word ?? '') + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (quote !== '') throw new Error(`the command ${text} has an unclosed ${quote}`);
  if (word !== undefined) words.push(word);
  return words;
}
