/** `fairlead describe` beside the real kubectl: the same bytes about the same objects. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAlike } from './read-alike.ts';

const manifest = (name: string): string => readFileSync(join(import.meta.dirname, 'describe', `${name}.yaml`), 'utf8');
const apply = (name: string) => ({ args: ['apply', '-f', '-'], input: manifest(name) });
const settled = { args: ['wait', '--for=jsonpath={.status.replicas}=2', 'deploy/web', '--timeout=30s'] };

readAlike('describe', {
  prepare: [apply('common'), settled],
  lines: [
    'describe cm settings',
    'describe cm',
    'describe configmaps bare --show-events=false',
    'describe secrets -A',
    'describe secret/login',
    'describe sa',
    'describe svc',
    'describe svc web',
    'describe endpoints',
    'describe ep web',
    'describe endpointslices',
    'describe deploy',
    'describe deployments.apps web',
    'describe rs',
    'describe pods',
    'describe pod waits',
    'describe pods web',
    'describe pods web --show-events',
    'describe pods -l app=web --show-events=true',
    'describe pods -l app=none',
    'describe pods -A -l app=none',
    'describe role reader',
    'describe rolebindings',
    'describe clusterroles',
    'describe clusterrolebindings',
    'describe ns',
    'describe ns default',
    'describe nodes',
    'describe leases -A',
    'describe events -n kube-system',
    'describe event often',
    'describe svc,cm',
    'describe svc/web cm/settings deploy/web',
    'describe svc web nope headless',
    'describe cm nope',
    'describe nope',
    'describe svc --chunk-size=1',
    'describe pods -n nowhere',
  ],
});

const status = (target: string, value: object, ...more: string[]) => ({
  args: ['patch', ...target.split(' '), '--subresource=status', '-p', JSON.stringify({ status: value }), ...more],
});
const merge = '--type=merge';
const long = '2020-01-01T00:00:00Z';

readAlike('describe, further kinds', {
  onlyReal: true,
  prepare: [
    apply('common'),
    settled,
    apply('further'),
    { args: ['wait', '--for=condition=Established', 'crd/boats.example.com'] },
    apply('boat'),
    status('pv disk', { phase: 'Bound', message: 'as it should be' }, merge),
    status(
      'pvc bound',
      {
        phase: 'Bound',
        accessModes: ['ReadWriteMany'],
        capacity: { storage: '5Gi' },
        conditions: [{ type: 'Resizing', status: 'True', reason: 'Why', message: 'm', lastTransitionTime: long }],
      },
      merge,
    ),
    status(
      'quota quota',
      { hard: { pods: '10', cpu: '4', memory: '4Gi' }, used: { pods: '3', cpu: '1500m', memory: '2048k' } },
      merge,
    ),
    {
      args: [
        'patch',
        'svc',
        'outside',
        '-p',
        '{"spec":{"type":"LoadBalancer","loadBalancerSourceRanges":["10.0.0.0/8"]}}',
      ],
    },
    status(
      'svc outside',
      { loadBalancer: { ingress: [{ ip: '192.0.2.9', ipMode: 'VIP' }, { hostname: 'lb' }] } },
      merge,
    ),
    status('ing site', { loadBalancer: { ingress: [{ ip: '192.0.2.9' }, { hostname: 'lb.example' }] } }, merge),
    status('job once', { active: 1, ready: 1, failed: 2, completedIndexes: '0,2,4' }, merge),
    status(
      'cj daily',
      {
        lastScheduleTime: long,
        active: [
          { kind: 'Job', name: 'a' },
          { kind: 'Job', name: 'b' },
        ],
      },
      merge,
    ),
    status('hpa hpa', autoscalerStatus(), merge),
    status('pod volumes', podStatus()),
    { args: ['label', 'node', 'real', 'node-role.kubernetes.io/worker=', 'kubernetes.io/role=main'] },
    { args: ['taint', 'node', 'real', 'a=b:NoSchedule', 'c:PreferNoSchedule'] },
    { args: ['cordon', 'real'] },
    { args: ['certificate', 'approve', 'plain'] },
  ],
  lines: [
    'describe rc',
    'describe sts',
    'describe ds agent',
    'describe jobs',
    'describe cj',
    'describe ing',
    'describe ing site',
    'describe ingressclasses',
    'describe netpol',
    'describe pv',
    'describe pvc',
    'describe pvc claim',
    'describe pod volumes',
    'describe svc outside',
    'describe hpa',
    'describe hpa.v1.autoscaling',
    'describe pdb',
    'describe limits',
    'describe quota',
    'describe ns default',
    'describe priorityclasses',
    'describe sc',
    'describe csinodes',
    'describe volumeattributesclasses',
    'describe runtimeclass sandbox',
    'describe validatingwebhookconfigurations',
    'describe crd boats.example.com',
    'describe boats',
    'describe bt fer',
    'describe node real',
    'describe csr',
    'describe servicecidrs',
    'describe ipaddresses',
    'describe flowschemas',
    'describe apiservices',
    'describe secret token',
    'describe pods -A',
  ],
  elsewhere: { timeZone: 'Asia/Kolkata', lines: ['describe netpol', 'describe sts', 'describe node'] },
});

function autoscalerStatus(): object {
  return {
    currentReplicas: 3,
    desiredReplicas: 4,
    currentMetrics: [
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 70, averageValue: '700m' } } },
      { type: 'Resource', resource: { name: 'memory', current: { averageValue: '50Mi' } } },
      {
        type: 'ContainerResource',
        containerResource: { name: 'cpu', container: 'web', current: { averageUtilization: 20, averageValue: '200m' } },
      },
      { type: 'Pods', pods: { metric: { name: 'packets' }, current: { averageValue: '500' } } },
    ],
    conditions: [
      { type: 'AbleToScale', status: 'True', reason: 'Ready', message: 'all is well', lastTransitionTime: long },
    ],
  };
}

function podStatus(): object {
  const ended = { exitCode: 137, signal: 9, reason: 'Error', message: 'bad', startedAt: long, finishedAt: long };
  return {
    phase: 'Running',
    reason: 'R',
    message: 'M',
    hostIP: '10.0.0.1',
    podIP: '10.1.1.1',
    podIPs: [{ ip: '10.1.1.1' }],
    nominatedNodeName: 'other',
    conditions: [{ type: 'example.com/ready', status: 'True' }],
    containerStatuses: [
      {
        name: 'a',
        image: 'b',
        imageID: 'sha:1',
        containerID: 'c://1',
        ready: false,
        restartCount: 3,
        state: { waiting: { reason: 'CrashLoopBackOff', message: 'm' } },
        lastState: { terminated: ended },
      },
    ],
  };
}
