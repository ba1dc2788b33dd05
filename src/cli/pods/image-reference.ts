/** Whether a text can name an image. After the grammar of `distribution/reference`. */
const component = `[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*`;
const domainPart = `(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])`;
const domain = String.raw`(?:${domainPart}(?:\.${domainPart})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?`;
const tag = String.raw`\w[\w.-]{0,127}`;
const digest = `(?<algorithm>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*):(?<sum>[0-9a-fA-F]{32,})`;
const reference = new RegExp(`^(?<name>(?:${domain}/)?${component}(?:/${component})*)(?::${tag})?(?:@${digest})?$`);
const longestName = 255;
const sumLengths: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/** In kubectl's words; undefined where nothing is wrong. */
export function imageFault(text: string): string | undefined {
  const found = reference.exec(text)?.groups;
  if (found === undefined) {
    return reference.test(text.toLowerCase()) ? 'repository name must be lowercase' : 'invalid reference format';
  }
  const { name = '', algorithm, sum = '' } = found;
  if (name.length > longestName) return `repository name must not be more than ${longestName} characters`;
  if (algorithm === undefined) return undefined;
  const length = Object.hasOwn(sumLengths, algorithm) ? sumLengths[algorithm] : undefined;
  if (length === undefined) return 'unsupported digest algorithm';
  if (sum.length !== length) return 'invalid checksum digest length';
  return /[A-F]/.test(sum) ? 'invalid checksum digest format' : undefined;
}
