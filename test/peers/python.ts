/** The Python client of Kubernetes at a pinned version, in a virtual environment in a cache outside the repository. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const requirements = resolve(import.meta.dirname, '../interop/python-client/requirements.txt');
/** Another list of packages is another environment. */
const version = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
const environment = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  'fairlead',
  'peers',
  `python-${version}`,
);
const complete = join(environment, 'complete');

/** Python with the client's packages. */
export const pythonPath = join(environment, 'bin', 'python');

export function isPythonClientBuilt(): boolean {
  return existsSync(complete);
}

/** Makes the environment if it is missing. Throws with what to install, or with pip's words. */
export function buildPythonClient(): void {
  if (isPythonClientBuilt()) return;
  console.error('installing the Python client of Kubernetes');
  rmSync(environment, { recursive: true, force: true });
  mkdirSync(dirname(environment), { recursive: true });
  const made = spawnSync('python3', ['-m', 'venv', environment], { encoding: 'utf8' });
  if (made.error !== undefined || made.status !== 0) {
    const why = made.error?.message ?? `${made.stdout}${made.stderr}`.trim().split('\n')[0] ?? '';
    throw new Error(`Python 3 with venv: install it (on Debian: apt-get install python3 python3-venv) (${why})`);
  }
  const installed = spawnSync(pythonPath, ['-m', 'pip', 'install', '--quiet', '--requirement', requirements], {
    encoding: 'utf8',
  });
  if (installed.status !== 0)
    throw new Error(`the packages of ${requirements} cannot be installed: ${installed.stderr}`);
  writeFileSync(complete, '');
}
