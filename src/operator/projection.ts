import { isRecord } from '../common/guards.ts';

/** Lists whose elements have their own owners, by field, with the fields that identify an element. */
const merged: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  ports: ['port', 'containerPort', 'protocol'],
  webhooks: ['name'],
  matchConditions: ['name'],
  ownerReferences: ['uid'],
  topologySpreadConstraints: ['topologyKey', 'whenUnsatisfiable'],
};

/** Maps that Kubernetes treats as one value. A key that another client adds is a change of our value. */
const whole = new Set([
  'selector',
  'labelSelector',
  'namespaceSelector',
  'objectSelector',
  'nodeSelector',
  'roleRef',
  'scaleTargetRef',
]);

/**
 * The part of `live` that `shape` has fields for. Fields that the shape does not name belong to other managers and
 * are left out, so two projections differ only when another client changed a field of ours.
 */
export function project(live: unknown, shape: unknown, field = ''): unknown {
  if (Array.isArray(shape)) {
    const keys = merged[field];
    if (!Array.isArray(live) || keys === undefined) return live;
    return shape.map((element) => project(find(live, element, keys), element));
  }
  if (!isRecord(shape) || !isRecord(live) || whole.has(field)) return live;
  return Object.fromEntries(
    Object.entries(shape).map(([name, inner]) => [name, project(live[name], inner, name)]),
  );
}

function find(live: readonly unknown[], element: unknown, keys: readonly string[]): unknown {
  if (!isRecord(element)) return undefined;
  return live.find((other) => isRecord(other) && keys.every((key) => other[key] === element[key]));
}
