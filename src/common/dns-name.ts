const longestDnsName = 253;

/** Lower-case letters, digits and hyphens in labels of 63 at most, 253 in all, no dot at the end. */
export function isDnsName(name: string): boolean {
  const labels = name.split('.');
  return (
    name.length <= longestDnsName &&
    labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label))
  );
}

/** Whether a name could be that of a Service, in any cluster domain: `<service>.<namespace>.svc…`. */
export function hasServiceLabel(name: string): boolean {
  return name.split('.').includes('svc');
}
