import type {
  HorizontalPodAutoscaler,
  HPAScalingRules,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../../../api/types/autoscaling-v2.ts';
import type { Description } from '../description.ts';
import { describeMetadata } from '../labels.ts';
import { mailTime } from '../times.ts';
import { amountText } from '../values.ts';

const unknown = '<unknown>';

export function describeHorizontalPodAutoscaler(autoscaler: HorizontalPodAutoscaler, out: Description): void {
  const { metadata, spec, status } = autoscaler;
  describeMetadata(out, metadata);
  out.field(0, 'CreationTimestamp', mailTime(metadata.creationTimestamp));
  out.field(0, 'Reference', `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`);
  out.field(0, 'Metrics', '( current / target )');
  (spec.metrics ?? []).forEach((metric, index) => {
    const { label, current, target } = metricText(metric, status?.currentMetrics?.[index]);
    if (target === undefined) out.line(1, label);
    else out.field(1, label, `${current} / ${target}`);
  });
  out.field(0, 'Min replicas', spec.minReplicas ?? '<unset>');
  out.field(0, 'Max replicas', spec.maxReplicas);
  if (spec.behavior !== undefined) {
    out.line(0, 'Behavior:');
    describeBehavior(out, 'Scale Up', spec.behavior.scaleUp);
    describeBehavior(out, 'Scale Down', spec.behavior.scaleDown);
  }
  const { currentReplicas = 0, desiredReplicas = 0, conditions = [] } = status ?? {};
  out.field(0, `${spec.scaleTargetRef.kind} pods`, `${currentReplicas} current / ${desiredReplicas} desired`);
  if (conditions.length === 0) return;
  out.line(0, 'Conditions:');
  const rows = conditions.map(({ type, status: state, reason = '', message = '' }) => [type, state, reason, message]);
  out.table(1, ['Type', 'Status', 'Reason', 'Message'], rows);
}

interface MetricText {
  label: string;
  current: string;
  /** Absent for a kind of metric that is not known. */
  target?: string;
}

function metricText(metric: MetricSpec, status: MetricStatus | undefined): MetricText {
  const { external, pods, object, resource, containerResource } = metric;
  if (metric.type === 'External' && external !== undefined) {
    const name = JSON.stringify(external.metric.name);
    if (external.target.averageValue !== undefined) {
      return averageOf(`${name} (target average value)`, external.target, status?.external?.current);
    }
    return totalOf(`${name} (target value)`, external.target, status?.external?.current);
  }
  if (metric.type === 'Pods' && pods !== undefined) {
    return averageOf(`${JSON.stringify(pods.metric.name)} on pods`, pods.target, status?.pods?.current);
  }
  if (metric.type === 'Object' && object !== undefined) {
    const { kind, name } = object.describedObject;
    const about = `"${object.metric.name}" on ${kind}/${name}`;
    if (object.target.type === 'AverageValue') {
      return averageOf(`${about} (target average value)`, object.target, status?.object?.current);
    }
    return totalOf(`${about} (target value)`, object.target, status?.object?.current);
  }
  if (metric.type === 'Resource' && resource !== undefined) {
    return resourceText(`resource ${resource.name} on pods`, resource.target, status?.resource?.current);
  }
  if (metric.type === 'ContainerResource' && containerResource !== undefined) {
    const about = `resource ${containerResource.name} of container "${containerResource.container}" on pods`;
    return resourceText(about, containerResource.target, status?.containerResource?.current);
  }
  return { label: `<unknown metric type ${JSON.stringify(metric.type)}>`, current: '' };
}

function averageOf(label: string, target: MetricTarget, current: MetricValueStatus | undefined): MetricText {
  const now = current === undefined ? unknown : amountText(current.averageValue);
  return { label, current: now, target: amountText(target.averageValue) };
}

function totalOf(label: string, target: MetricTarget, current: MetricValueStatus | undefined): MetricText {
  return {
    label,
    current: current === undefined ? unknown : amountText(current.value),
    target: amountText(target.value),
  };
}

function resourceText(about: string, target: MetricTarget, current: MetricValueStatus | undefined): MetricText {
  if (target.averageValue !== undefined) return averageOf(about, target, current);
  const used = current?.averageUtilization;
  return {
    label: `${about}  (as a percentage of request)`,
    current: used === undefined ? unknown : `${used}% (${amountText(current?.averageValue)})`,
    target: target.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`,
  };
}

function describeBehavior(out: Description, label: string, rules: HPAScalingRules | undefined): void {
  if (rules === undefined) return;
  const { stabilizationWindowSeconds: window, policies = [], selectPolicy = 'Max' } = rules;
  out.line(1, `${label}:`);
  if (window !== undefined) out.line(2, `Stabilization Window: ${window} seconds`);
  if (policies.length === 0) return;
  out.line(2, `Select Policy: ${selectPolicy}`);
  out.line(2, 'Policies:');
  for (const { type, value, periodSeconds } of policies) {
    out.line(3, `- Type: ${type}`, `Value: ${value}`, `Period: ${periodSeconds} seconds`);
  }
}
