import { StatusError } from '../../../api/status.ts';
import type { Deployment, ReplicaSet } from '../../../api/types/apps-v1.ts';
import type { PodTemplateSpec } from '../../../api/types/core-v1.ts';
import { equalJson } from '../../../lib/equal-json.ts';
import { describeReasons } from '../conditions.ts';
import type { Description } from '../description.ts';
import { describeAnnotations, describeLabels } from '../labels.ts';
import { describePodTemplate } from '../pod-template.ts';
import type { Related } from '../related.ts';
import { selectorText } from '../selectors.ts';
import { mailTime } from '../times.ts';

const hashLabel = 'pod-template-hash';

export async function describeDeployment(deployment: Deployment, out: Description, related: Related): Promise<void> {
  const { metadata, spec, status = {} } = deployment;
  out.field(0, 'Name', metadata.name);
  out.field(0, 'Namespace', metadata.namespace);
  out.field(0, 'CreationTimestamp', mailTime(metadata.creationTimestamp));
  describeLabels(out, metadata.labels);
  describeAnnotations(out, metadata.annotations);
  out.field(0, 'Selector', selectorText(spec?.selector));
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0, unavailableReplicas = 0 } = status;
  const counts = [
    `${spec?.replicas ?? 0} desired`,
    `${updatedReplicas} updated`,
    `${replicas} total`,
    `${availableReplicas} available`,
    `${unavailableReplicas} unavailable`,
  ];
  out.field(0, 'Replicas', counts.join(' | '));
  out.field(0, 'StrategyType', spec?.strategy?.type);
  out.field(0, 'MinReadySeconds', spec?.minReadySeconds ?? 0);
  const rolling = spec?.strategy?.rollingUpdate;
  if (rolling !== undefined) {
    const { maxUnavailable = '', maxSurge = '' } = rolling;
    out.field(0, 'RollingUpdateStrategy', `${maxUnavailable} max unavailable, ${maxSurge} max surge`);
  }
  describePodTemplate(out, spec?.template);
  describeReasons(out, status.conditions);
  await describeReplicaSets(out, deployment, related);
}

async function describeReplicaSets(out: Description, { metadata, spec }: Deployment, related: Related): Promise<void> {
  let all: ReplicaSet[];
  try {
    all = await related.all<ReplicaSet>('apps/v1', 'replicasets', {
      ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
      labelSelector: selectorText(spec?.selector),
    });
  } catch (error) {
    // Who may read the Deployment need not be allowed to read these: the rest is told.
    if (error instanceof StatusError) return;
    throw error;
  }
  const owned = all
    .filter((one) => one.metadata.ownerReferences?.some(({ controller, uid }) => controller && uid === metadata.uid))
    .sort((a, b) => (ageKey(a) < ageKey(b) ? -1 : 1));
  const wanted = withoutHash(spec?.template);
  const newest = owned.find((one) => equalJson(withoutHash(one.spec?.template), wanted));
  const old = owned.filter((one) => one !== newest);
  if (owned.length === 0) return;
  out.field(0, 'OldReplicaSets', old.map(replicaSetText).join(', ') || '<none>');
  out.field(0, 'NewReplicaSet', newest === undefined ? '<none>' : replicaSetText(newest));
}

function ageKey({ metadata }: ReplicaSet): string {
  return `${metadata.creationTimestamp} ${metadata.name}`;
}

function withoutHash(template: PodTemplateSpec | undefined): unknown {
  const { [hashLabel]: _, ...labels } = template?.metadata?.labels ?? {};
  const annotations = template?.metadata?.annotations ?? {};
  return { spec: template?.spec, labels, annotations };
}

function replicaSetText({ metadata, spec, status }: ReplicaSet): string {
  return `${metadata.name} (${status?.replicas ?? 0}/${spec?.replicas ?? 0} replicas created)`;
}
