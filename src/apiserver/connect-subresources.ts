/** The subresources that connect to something instead of reading or writing an object, as discovery lists them. */

export interface ConnectSubresource {
  readonly kind: string;
  readonly verbs: readonly string[];
}

const PROXY_VERBS = ['create', 'delete', 'get', 'patch', 'update'] as const;

/** By the plural of a core kind, then by subresource. */
export const connectSubresources: Readonly<Record<string, Readonly<Record<string, ConnectSubresource>>>> = {
  nodes: { proxy: { kind: 'NodeProxyOptions', verbs: PROXY_VERBS } },
  pods: {
    attach: { kind: 'PodAttachOptions', verbs: ['create', 'get'] },
    exec: { kind: 'PodExecOptions', verbs: ['create', 'get'] },
    log: { kind: 'Pod', verbs: ['get'] },
    portforward: { kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
    proxy: { kind: 'PodProxyOptions', verbs: PROXY_VERBS },
  },
  services: { proxy: { kind: 'ServiceProxyOptions', verbs: PROXY_VERBS } },
};
