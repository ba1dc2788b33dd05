/** `kubectl --context NAME`, for commands to copy: they reach this cluster whatever the current context is. */
export function kubectlFor(context: string | undefined): string {
  return context === undefined ? 'kubectl' : `kubectl --context ${shellWord(context)}`;
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
