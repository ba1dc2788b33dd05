/** A gateway that runs on this machine, and what it says of itself. */
import { CommandError } from '../command.ts';

export interface RunningGateway {
  port: number;
  /** The kubeconfig that leads through it. */
  kubeconfig: string | null;
}

/** It is on this machine: what takes longer is no gateway. */
const patienceMs = 3000;

/** Throws CommandError where no gateway answers on this port. */
export async function findGateway(port: number, signal: AbortSignal): Promise<RunningGateway> {
  let description: unknown;
  let status: number | undefined;
  try {
    const answer = await fetch(`http://localhost:${port}/.fairlead/gateway`, {
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]),
    });
    status = answer.status;
    description = await answer.json();
  } catch {
    signal.throwIfAborted();
  }
  if (status === 401) {
    throw new CommandError(
      `what answers on localhost:${port} lets in only who signed in, and a password does not belong into variables: set the proxy in each tool that needs it`,
    );
  }
  if (
    typeof description !== 'object' ||
    description === null ||
    !('kind' in description) ||
    description.kind !== 'FairleadGateway'
  ) {
    throw new CommandError(
      `no gateway answers on localhost:${port}: start one with "fairlead proxy", or name the port of another with --port`,
    );
  }
  const kubeconfig =
    'kubeconfig' in description && typeof description.kubeconfig === 'string' ? description.kubeconfig : null;
  return { port, kubeconfig };
}
