/** `fairlead/client`: what a program needs to use any Kubernetes cluster. The guide is docs/client.md. */
export type { KubeList, KubeObject, ObjectMeta, OwnerReference, UnstructuredObject } from '../api/object.ts';
export type { Status, StatusReason } from '../api/status.ts';
export { isReason, StatusError } from '../api/status.ts';
export type { KindTypes } from '../api/types/kind-types.ts';
export { ForwardError } from '../net/forward-error.ts';
export type { ApiServers, ServerFacts } from './api-servers.ts';
export type { ClientConfig, ClientTls, Impersonation } from './client-config.ts';
export { ConfigError } from './client-config.ts';
export type {
  CallOptions,
  ClusterClient,
  DeleteOptions,
  Informer,
  ListQuery,
  OpenedStream,
  PartialObject,
  PatchType,
  PortForwardRequest,
  RawRequest,
  RawResponse,
  ResourceClient,
  StreamOffer,
  StreamRequest,
  WatchEvent,
  WriteOptions,
} from './cluster-client.ts';
export { CommandCutOff } from './command-cut-off.ts';
export type { Cluster, ConnectOptions } from './connect.ts';
export { connect, loadKubeconfig } from './connect.ts';
export { ConnectionError } from './connection-error.ts';
export type { CredentialSource, Credentials } from './credentials.ts';
export { CredentialError } from './credentials.ts';
export type { AttachOptions, ExecOptions, ExecSession, TerminalSize } from './exec.ts';
export type { CredentialCommand } from './exec-credentials.ts';
export { extractApplied } from './extract-applied.ts';
export type { InformerOptions } from './informer.ts';
export type { KubeconfigChoice } from './kubeconfig.ts';
export type { LeaderElectionOptions } from './leader-election.ts';
export { runAsLeader } from './leader-election.ts';
export { objectKey } from './object-key.ts';
export type { LoginUpdate } from './oidc-credentials.ts';
export type { PodDoor } from './pod.ts';
export type { LogOptions } from './pod-log.ts';
export type { EventDraft, EventRecorder } from './record-events.ts';
export { openEventRecorder } from './record-events.ts';
export type {
  Applied,
  ApplyOptions,
  DeepPartial,
  Listing,
  ListOptions,
  PatchOptions,
  Resource,
  Selection,
  Subresource,
  WatchOptions,
} from './resource.ts';
export type { ServiceDoor, ServiceRequest, ServiceResponse } from './service.ts';
export type { FailureHandler, WatchedKind } from './watch-failures.ts';
export type { WorkQueueOptions } from './work-queue.ts';
export { WorkQueue } from './work-queue.ts';
