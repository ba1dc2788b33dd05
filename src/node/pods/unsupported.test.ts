import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Pod, PodSpec } from '../../api/types/core-v1.ts';
import {
  hasOwnMounts,
  privilegedPorts,
  refusedFields,
  SERVICE_ACCOUNT_MOUNT,
  unenforcedFields,
} from './unsupported.ts';

function refused(container: Partial<Container>, spec: Partial<PodSpec> = {}): string[] {
  const whole = { name: 'c', ...container };
  return refusedFields(pod(whole, spec), whole);
}

function pod(container: Container, spec: Partial<PodSpec> = {}): Pod {
  return { apiVersion: 'v1', kind: 'Pod', metadata: {}, spec: { containers: [container], ...spec } };
}

test('an ordinary container is not refused', () => {
  assert.deepEqual(
    refused({ resources: { limits: { cpu: '1' } }, securityContext: { readOnlyRootFilesystem: true } }),
    [],
  );
});

test('what would give a container something else than it asks for is refused by its field’s name', () => {
  assert.deepEqual(refused({ securityContext: { privileged: true } }), ['securityContext.privileged']);
  assert.deepEqual(refused({ livenessProbe: { grpc: { port: 1 } } }), ['livenessProbe.grpc']);
  assert.deepEqual(refused({ ports: [{ containerPort: 80, hostPort: 80 }] }), ['hostPort 80']);
  assert.deepEqual(refused({}, { hostNetwork: true, hostPID: true }), ['hostNetwork', 'hostPID']);
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'x' } }];
  assert.deepEqual(refused({}, { volumes }), ['volume data (persistentVolumeClaim)']);
  assert.match(refused({ securityContext: { runAsUser: 4711 } })[0] ?? '', /runAsUser 4711/);
  assert.deepEqual(refused({ securityContext: { runAsUser: process.getuid?.() ?? 0 } }), []);
});

test('restrictions that are not enforced are told, each once', () => {
  const container: Container = {
    name: 'c',
    resources: { limits: { cpu: '1' } },
    securityContext: { capabilities: { drop: ['ALL'] }, allowPrivilegeEscalation: false },
  };
  const twice = pod(container, { containers: [container, container] });
  const expected = [
    'resources.limits',
    'securityContext.allowPrivilegeEscalation',
    'securityContext.capabilities.drop',
  ];
  assert.deepEqual(unenforcedFields(twice), expected);
});

test('ports that an ordinary user cannot listen on are named', { skip: process.getuid?.() === 0 && 'root may' }, () => {
  const ports = [{ containerPort: 80 }, { containerPort: 8080 }];
  assert.deepEqual(privilegedPorts(pod({ name: 'c', ports }), 1024), ['80 of container c']);
});

test('the service account alone is no mount of its own', () => {
  const account = { name: 'token', mountPath: SERVICE_ACCOUNT_MOUNT, readOnly: true };
  assert.equal(hasOwnMounts(pod({ name: 'c', volumeMounts: [account] })), false);
  assert.equal(hasOwnMounts(pod({ name: 'c', volumeMounts: [account, { name: 'x', mountPath: '/x' }] })), true);
  assert.deepEqual(unenforcedFields(pod({ name: 'c', volumeMounts: [account] })), []);
});
