/** What messages call the choices beside a kubeconfig: a program that takes them as flags has names of its own for them. */

type Choice = 'path' | 'context' | 'cluster' | 'server' | 'certificateAuthority' | 'clientCertificate' | 'clientKey';

export type ChoiceNames = Readonly<Record<Choice, string>>;

export interface NamedChoice {
  /** What messages call these choices. Default: `option "path"`, and so on. */
  names?: ChoiceNames | undefined;
}

export const optionNames: ChoiceNames = {
  path: 'option "path"',
  context: 'option "context"',
  cluster: 'option "cluster"',
  server: 'option "server"',
  certificateAuthority: 'option "certificateAuthority"',
  clientCertificate: 'option "clientCertificate"',
  clientKey: 'option "clientKey"',
};
