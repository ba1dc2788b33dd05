/** Adds a cluster to a user's kubeconfig, leaving everything else as it was. */
import { certificateMark, localSocketExtension } from '../../client/kubeconfig-local-socket.ts';
import { CommandError } from '../command.ts';
import { editKubeconfig, fieldsOf, foreignServer, itemOf } from './edit-file.ts';

export interface ContextToMerge {
  file: string;
  /** Of the context, and of its cluster and user. */
  name: string;
  /** `https://127.0.0.1:6443` */
  server: string;
  /** Path of a unix socket of that server where its owner counts as the holder of the certificate. */
  localSocket?: string;
  caPem: string;
  certPem: string;
  keyPem: string;
  /** Namespace of the context; where absent, the one that the user has set stays. */
  namespace?: string;
  /** Make it the current context even if there is another. */
  use?: boolean;
  /** How long to wait for another program that writes the file; default 3 seconds. */
  lockPatienceMs?: number;
}

/**
 * Adds or renews the context with its cluster and user; current it becomes with `use`, or if there was none. Throws a
 * CommandError, the file untouched, where the name belongs to a cluster of another machine or the file cannot be understood.
 */
export async function mergeContext(merge: ContextToMerge): Promise<{ changed: boolean; current: boolean }> {
  const { file, name } = merge;
  return editKubeconfig(file, merge.lockPatienceMs, (config) => {
    const other = foreignServer(config, name);
    if (other !== undefined) {
      throw new CommandError(
        `${file} has a cluster "${name}" already, at ${other}. Choose another name with --name, or another file with --kubeconfig.`,
      );
    }
    if (Object.keys(config.value).length === 0) config.setApiVersion();
    config.setItem('clusters', {
      cluster: { 'certificate-authority-data': base64(merge.caPem), server: merge.server },
      name,
    });
    const context = fieldsOf(itemOf(config.value, 'contexts', name), 'context');
    config.setItem('contexts', {
      context: {
        ...context,
        cluster: name,
        ...(merge.namespace === undefined ? {} : { namespace: merge.namespace }),
        user: name,
      },
      name,
    });
    config.setItem('users', {
      name,
      user: {
        'client-certificate-data': base64(merge.certPem),
        'client-key-data': base64(merge.keyPem),
        ...(merge.localSocket === undefined ? {} : { extensions: [localSocket(merge, merge.localSocket)] }),
      },
    });
    const current = config.value['current-context'];
    if (merge.use === true ? current !== name : current === undefined || current === null || current === '') {
      config.setCurrentContext(name);
    }
    return { current: config.value['current-context'] === name };
  });
}

function localSocket({ server, certPem }: ContextToMerge, path: string) {
  return { extension: { certificate: certificateMark(certPem), path, server }, name: localSocketExtension };
}

function base64(pem: string): string {
  return Buffer.from(pem).toString('base64');
}
