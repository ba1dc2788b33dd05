/** Shows a URL in the user's browser. */
import { spawn } from 'node:child_process';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The command lines to try, in order. BROWSER is a list of commands separated by colons, in which %s stands for the URL (as
 * xdg-open and Python read it); without a display nothing graphical is tried.
 */
export function browserCommands(
  url: string,
  env: Environment,
  platform: NodeJS.Platform = process.platform,
): string[][] {
  const chosen = (env.BROWSER ?? '').split(':').filter((command) => command.trim() !== '');
  const named = chosen.map((command) => {
    const words = command.trim().split(/\s+/);
    const filled = words.map((word) => word.replaceAll('%s', url));
    return words.some((word) => word.includes('%s')) ? filled : [...filled, url];
  });
  if (named.length > 0) return named;
  if (platform === 'darwin') return [['open', url]];
  if (env.WSL_DISTRO_NAME) return [['wslview', url]];
  return env.DISPLAY || env.WAYLAND_DISPLAY ? [['xdg-open', url]] : [];
}

/** So long a command may take to fail; a browser that goes on is open. */
const failureMs = 1500;

/** True when one of the commands began and did not fail at once. */
export async function openBrowser(url: string, env: Environment): Promise<boolean> {
  for (const command of browserCommands(url, env)) if (await run(command, env)) return true;
  return false;
}

function run([program = '', ...args]: readonly string[], env: Environment): Promise<boolean> {
  return new Promise((resolve) => {
    // Of a session of its own, so that Ctrl-C here does not end the browser.
    const child = spawn(program, args, { env, stdio: 'ignore', detached: true });
    const timer = setTimeout(() => resolve(true), failureMs);
    child.once('error', () => {
      clearTimeout(timer);
      resolve(false);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      resolve(code === 0);
    });
    child.unref();
  });
}
