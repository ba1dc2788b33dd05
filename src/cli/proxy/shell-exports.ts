/** Variables for tools that know proxy settings, as shells read them. */

export const shells = ['sh', 'fish', 'powershell'] as const;
export type Shell = (typeof shells)[number];

export type Exports = Readonly<Record<string, string>>;

/** What leads tools to the gateway on this port. Names of this machine are asked directly. */
export function proxyExports({ port, kubeconfig }: { port: number; kubeconfig: string | null }): Exports {
  const http = `http://localhost:${port}`;
  const socks = `socks5h://localhost:${port}`;
  const direct = 'localhost,127.0.0.1,::1';
  return {
    HTTP_PROXY: http,
    HTTPS_PROXY: http,
    ALL_PROXY: socks,
    NO_PROXY: direct,
    // curl reads http_proxy in small letters only.
    http_proxy: http,
    https_proxy: http,
    all_proxy: socks,
    no_proxy: direct,
    ...(kubeconfig !== null && { KUBECONFIG: kubeconfig }),
  };
}

/** By `$SHELL`; every shell that is not fish is taken for a Bourne one. */
export function shellOf(path: string | undefined): Shell {
  return path !== undefined && /(?:^|\/)fish$/.test(path) ? 'fish' : 'sh';
}

/** Lines to be evaluated. */
export function formatExports(exports: Exports, shell: Shell): string {
  const line = {
    sh: (name: string, value: string) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
    fish: (name: string, value: string) => `set -gx ${name} '${value.replace(/[\\']/g, '\\$&')}'`,
    powershell: (name: string, value: string) => `$Env:${name} = '${value.replaceAll("'", "''")}'`,
  }[shell];
  return Object.entries(exports)
    .map(([name, value]) => `${line(name, value)}\n`)
    .join('');
}

export function formatUnset(exports: Exports, shell: Shell): string {
  const line = {
    sh: (name: string) => `unset ${name}`,
    fish: (name: string) => `set -e ${name}`,
    powershell: (name: string) => `Remove-Item -ErrorAction Ignore Env:${name}`,
  }[shell];
  return Object.keys(exports)
    .map((name) => `${line(name)}\n`)
    .join('');
}
