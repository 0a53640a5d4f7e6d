const everyPod = '*';
const entry = /^[a-z0-9.-]+\/(\*|[a-z0-9.-]+)$/;

/** Whether an entry of spec.certificate.rotation.setAside has its form: `<namespace>/<pod>` or `<namespace>/*`. */
export function isSetAsideEntry(text: string): boolean {
  return entry.test(text);
}

/** Whether a switch of roots may go on without the pod `<namespace>/<name>`: the entries name it or its namespace. */
export function isSetAside(pod: string, setAside: readonly string[]): boolean {
  if (setAside.length === 0) return false;
  const [namespace = ''] = pod.split('/', 1);
  return setAside.includes(pod) || setAside.includes(`${namespace}/${everyPod}`);
}
