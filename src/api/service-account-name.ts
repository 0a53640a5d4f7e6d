/** The ServiceAccount that a pod runs as: `default` when it names none, as Kubernetes has it. */
export function serviceAccountNameOf({
  spec,
}: {
  readonly spec: { readonly serviceAccountName?: string };
}): string {
  const { serviceAccountName = '' } = spec;
  return serviceAccountName === '' ? 'default' : serviceAccountName;
}
