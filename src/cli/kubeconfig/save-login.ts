/** Keeps the tokens of a renewed login in the kubeconfig, everything else in it as it was. */
import type { LoginUpdate } from '../../client/oidc-credentials.ts';
import type { CommandIo } from '../command.ts';
import { CommandError } from '../command.ts';
import { escapeControls } from '../print/escape.ts';

/** What cannot be kept is said on stderr: the login is good for this run all the same. */
export async function saveLogin(
  { kubeconfig, user, settings }: LoginUpdate,
  stderr: CommandIo['stderr'],
): Promise<void> {
  const { editKubeconfig } = await import('./edit-file.ts');
  try {
    await editKubeconfig(kubeconfig, undefined, (config) => {
      for (const [key, value] of Object.entries(settings)) {
        config.setText('users', user, ['user', 'auth-provider', 'config', key], value);
      }
      return {};
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const loss = `The renewed login of user "${user}" is not kept, so that you may have to log in again: ${error.message}`;
    stderr.write(`warning: ${escapeControls(loss)}\n`);
  }
}
