/**
 * The fields of Kubernetes' structs whose order in Go is another than that of their protobuf numbers: of those that commands
 * make, and that servers answer with.
 */
export const oddStructs: Readonly<Record<string, string>> = {
  'apps.v1.DeploymentCondition': `type status lastUpdateTime lastTransitionTime reason message`,
  'apps.v1.DeploymentStatus': `
    observedGeneration replicas updatedReplicas readyReplicas availableReplicas unavailableReplicas
    terminatingReplicas conditions collisionCount`,
  'apps.v1.ReplicaSetSpec': `replicas minReadySeconds selector template`,
  'authentication.v1.TokenRequestSpec': `audiences expirationSeconds boundObjectRef`,
  'batch.v1.CronJobSpec': `
    schedule timeZone startingDeadlineSeconds concurrencyPolicy suspend jobTemplate successfulJobsHistoryLimit
    failedJobsHistoryLimit`,
  'batch.v1.JobSpec': `
    parallelism completions activeDeadlineSeconds podFailurePolicy successPolicy backoffLimit backoffLimitPerIndex
    maxFailedIndexes selector manualSelector template ttlSecondsAfterFinished completionMode suspend
    podReplacementPolicy managedBy`,
  'batch.v1.JobStatus': `
    conditions startTime completionTime active succeeded failed terminating completedIndexes failedIndexes
    uncountedTerminatedPods ready`,
  'core.v1.ConfigMap': `metadata immutable data binaryData`,
  'core.v1.Container': `
    name image command args workingDir ports envFrom env resources resizePolicy restartPolicy restartPolicyRules
    volumeMounts volumeDevices livenessProbe readinessProbe startupProbe lifecycle terminationMessagePath
    terminationMessagePolicy imagePullPolicy securityContext stdin stdinOnce tty`,
  'core.v1.EphemeralContainer': `
    name image command args workingDir ports envFrom env resources resizePolicy restartPolicy restartPolicyRules
    volumeMounts volumeDevices livenessProbe readinessProbe startupProbe lifecycle terminationMessagePath
    terminationMessagePolicy imagePullPolicy securityContext stdin stdinOnce tty targetContainerName`,
  'core.v1.ObjectReference': `kind namespace name uid apiVersion resourceVersion fieldPath`,
  'core.v1.PersistentVolumeClaimSpec': `
    accessModes selector resources volumeName storageClassName volumeMode dataSource dataSourceRef
    volumeAttributesClassName`,
  'core.v1.PodCondition': `type observedGeneration status lastProbeTime lastTransitionTime reason message`,
  'core.v1.PodSecurityContext': `
    seLinuxOptions windowsOptions runAsUser runAsGroup runAsNonRoot supplementalGroups supplementalGroupsPolicy
    fsGroup sysctls fsGroupChangePolicy seccompProfile appArmorProfile seLinuxChangePolicy`,
  'core.v1.PodSpec': `
    volumes initContainers containers ephemeralContainers restartPolicy terminationGracePeriodSeconds
    activeDeadlineSeconds dnsPolicy nodeSelector serviceAccountName serviceAccount automountServiceAccountToken
    nodeName hostNetwork hostPID hostIPC shareProcessNamespace securityContext imagePullSecrets hostname subdomain
    affinity schedulerName tolerations hostAliases priorityClassName priority dnsConfig readinessGates
    runtimeClassName enableServiceLinks preemptionPolicy overhead topologySpreadConstraints setHostnameAsFQDN os
    hostUsers schedulingGates resourceClaims resources hostnameOverride schedulingGroup`,
  'core.v1.PodStatus': `
    observedGeneration phase conditions message reason nominatedNodeName hostIP hostIPs podIP podIPs startTime
    initContainerStatuses containerStatuses qosClass ephemeralContainerStatuses resize resourceClaimStatuses
    extendedResourceClaimStatus allocatedResources resources nodeAllocatableResourceClaimStatuses`,
  'core.v1.Secret': `metadata immutable data stringData type`,
  'core.v1.SecurityContext': `
    capabilities privileged seLinuxOptions windowsOptions runAsUser runAsGroup runAsNonRoot readOnlyRootFilesystem
    allowPrivilegeEscalation procMount seccompProfile appArmorProfile`,
  'core.v1.ServicePort': `name protocol appProtocol port targetPort nodePort`,
  'core.v1.ServiceSpec': `
    ports selector clusterIP clusterIPs type externalIPs sessionAffinity loadBalancerIP loadBalancerSourceRanges
    externalName externalTrafficPolicy healthCheckNodePort publishNotReadyAddresses sessionAffinityConfig ipFamilies
    ipFamilyPolicy allocateLoadBalancerNodePorts loadBalancerClass internalTrafficPolicy trafficDistribution`,
  'core.v1.TypedLocalObjectReference': `apiGroup kind name`,
  'core.v1.TypedObjectReference': `apiGroup kind name namespace`,
  'core.v1.VolumeMount': `name readOnly recursiveReadOnly mountPath subPath mountPropagation subPathExpr`,
  'meta.v1.APIResource': `
    name singularName namespaced group version kind verbs shortNames categories storageVersionHash`,
  'meta.v1.ManagedFieldsEntry': `manager operation apiVersion time fieldsType fieldsV1 subresource`,
  'meta.v1.OwnerReference': `apiVersion kind name uid controller blockOwnerDeletion`,
  'networking.v1.HTTPIngressPath': `path pathType backend`,
  'networking.v1.IngressBackend': `service resource`,
  'networking.v1.IngressSpec': `ingressClassName defaultBackend tls rules`,
  'rbac.v1.RoleRef': `apiGroup kind name`,
};
