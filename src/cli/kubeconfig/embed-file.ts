/** `--embed-certs`: the content of a file in the kubeconfig, instead of its path. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CommandError } from '../command.ts';

/** As base64. Throws CommandError that names the flag. */
export async function embeddedFile(path: string, flag: string, cwd: string): Promise<string> {
  try {
    return (await readFile(resolve(cwd, path))).toString('base64');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    throw new CommandError(`cannot read ${resolve(cwd, path)} (${code}): check the path after ${flag}`);
  }
}
