/**
 * Text from a cluster or a file, made safe for a terminal: control characters, C1 included, become `\xNN`, so that no escape
 * sequence reaches it (CVE-2021-25743). Tabs and line feeds stay.
 */
export function escapeControls(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (character) => {
    const code = character.charCodeAt(0);
    return `\\x${code.toString(16).padStart(2, '0')}`;
  });
}
