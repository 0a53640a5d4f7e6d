/** The milliseconds of CPU that this process uses for `work`: other processes on the machine do not count. */
export function cpuOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
