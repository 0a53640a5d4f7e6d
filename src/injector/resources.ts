/** The part of a Kubernetes ResourceRequirements that a sidecar can have. */
export interface Resources {
  readonly limits?: Readonly<Record<string, string>>;
  readonly requests?: Readonly<Record<string, string>>;
}

const where = 'MeshConfig spec.sidecar.resources';
const quantity = /^\d+(\.\d+)?([numkMGTPE]|[KMGTPE]i|[eE]\d{1,2})?$/;

/** Reads `limits` and `requests`; anything that is no quantity becomes a problem and is left out. */
export function parseResources(value: unknown, problems: string[]): Resources {
  if (value === undefined || value === null) return {};
  const { limits, requests } = value as Record<string, unknown>;
  return {
    ...(limits !== undefined && { limits: parseAmounts('limits', limits, problems) }),
    ...(requests !== undefined && { requests: parseAmounts('requests', requests, problems) }),
  };
}

function parseAmounts(
  list: 'limits' | 'requests',
  value: unknown,
  problems: string[],
): Readonly<Record<string, string>> {
  const amounts: Record<string, string> = {};
  for (const [name, amount] of Object.entries((value ?? {}) as Record<string, unknown>)) {
    const text = typeof amount === 'number' ? String(amount) : amount;
    if (typeof text === 'string' && quantity.test(text)) amounts[name] = text;
    else
      problems.push(
        `${where}.${list}.${name} is ${JSON.stringify(amount)}; expected a quantity such as 500m or 64Mi`,
      );
  }
  return amounts;
}

/** Whole cores that the CPU limit amounts to, at least one; undefined without a limit in cores or millicores. */
export function cores({ limits }: Resources): number | undefined {
  const [, amount, unit] = /^([\d.]+)(m?)$/.exec(limits?.['cpu'] ?? '') ?? [];
  if (amount === undefined) return undefined;
  return Math.max(1, Math.ceil(Number(amount) / (unit === 'm' ? 1000 : 1)));
}
