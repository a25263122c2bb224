/** Milliseconds of this process's own work that `work` takes, and what it gives: a busy machine makes it no longer. */
export function cpuTimed<Of>(work: () => Of): { readonly made: Of; readonly cpu_ms: number } {
  const before = process.cpuUsage();
  const made = work();
  const { user, system } = process.cpuUsage(before);
  return { made, cpu_ms: (user + system) / 1_000 };
}
