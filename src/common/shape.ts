// Checks an object of a user before it is read. The API server has checked it by the CRDs, but other CRDs may be
// installed, and no object may end a process.
import { isRecord } from './guards.ts';

/** Undefined when the value has the shape; otherwise the problem, beginning with the field. */
export type Shape = (value: unknown, field: string) => string | undefined;

export const text: Shape = (value, field) =>
  typeof value === 'string' ? undefined : `${field} must be a string`;

/** A name as Kubernetes gives to objects: RFC 1123 labels, joined by dots. */
export const name: Shape = (value, field) =>
  typeof value === 'string' && value.length <= 253 && nameLabels.test(value)
    ? undefined
    : `${field} must be the name of a Kubernetes object`;

const nameLabels = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export function integer(min: number, max: number): Shape {
  return (value, field) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max
      ? undefined
      : `${field} must be a whole number from ${min} to ${max}`;
}

export function list(of: Shape): Shape {
  return (value, field) => {
    if (!Array.isArray(value)) return `${field} must be a list`;
    for (const [index, item] of value.entries()) {
      const problem = of(item, `${field}[${index}]`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

/** An object with these fields; a name that ends in "?" may be absent. Further fields are ignored. */
export function fields(shapes: Readonly<Record<string, Shape>>): Shape {
  return (value, field) => {
    if (!isRecord(value)) return `${field} must be an object`;
    for (const [key, shape] of Object.entries(shapes)) {
      const inner = key.endsWith('?') ? key.slice(0, -1) : key;
      if (value[inner] === undefined && inner !== key) continue;
      const problem = shape(value[inner], `${field}.${inner}`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

/** A map from any name to text. */
export const textMap: Shape = (value, field) => {
  if (!isRecord(value)) return `${field} must be a map`;
  const wrong = Object.keys(value).find((key) => typeof value[key] !== 'string');
  return wrong === undefined ? undefined : `${field}.${wrong} must be a string`;
};
