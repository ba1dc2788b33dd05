/** Commands to copy: what they name comes from clusters and kubeconfigs, and must run as nothing else. */

const controls = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** `--context NAME`, so that a command reaches this cluster whatever the current context is; empty without a name. */
export function contextFlag(context: string | undefined): string | undefined {
  if (context === undefined) return '';
  const word = shellWord(context);
  return word && `--context ${word}`;
}

/** `kubectl` with its context; undefined where the name cannot be typed safely. */
export function kubectlFor(context: string | undefined): string | undefined {
  const flag = contextFlag(context);
  return flag === undefined ? undefined : flag === '' ? 'kubectl' : `kubectl ${flag}`;
}

/** One word for sh, fish and PowerShell; undefined for text with control or invisible characters, which a paste may run. */
export function shellWord(text: string): string | undefined {
  if (controls.test(text)) return undefined;
  if (/^[\w@%+=:,./][\w@%+=:,./-]*$/.test(text)) return text;
  return `'${text.replaceAll("'", "'\\''")}'`;
}
