/** What `up` was asked for, checked. It crosses to a detached process as the command line does, not as data. */
import type { DataPlace } from './paths.ts';

export interface UpPlan {
  name: string;
  place: DataPlace;
  /** 0: any free port. */
  apiPort: number;
  gatewayPort: number;
  /** The file that gets the context. */
  kubeconfig: string;
  context: string;
  /** The context's namespace, where one was asked for. */
  namespace: string | undefined;
  /** Make the context current even if another one is. */
  use: boolean;
  tokenFile: string | undefined;
  accountTokens: boolean;
  nodes: number;
  /** Image name to shell-like command line. */
  images: ReadonlyMap<string, string>;
  demo: boolean;
  json: boolean;
  verbosity: number;
}
