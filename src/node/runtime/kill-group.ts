/** To every process of a group that we made; nothing happens once it is gone. */
export function killGroup(pid: number, signal: NodeJS.Signals): void {
  if (pid <= 1) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nothing left in the group.
  }
}
