/** The part of a Kubernetes ResourceRequirements that a sidecar can have. */
export interface Resources {
  readonly limits?: Readonly<Record<string, string>>;
  readonly requests?: Readonly<Record<string, string>>;
}

/** An amount, or a limit, that cannot be: its place below the resources, and what is wrong. */
export interface ResourceProblem {
  readonly place: string;
  readonly message: string;
}

const quantity = /^(\d+(?:\.\d+)?)(?:([numkMGTPE]|[KMGTPE]i)|[eE](\d{1,2}))?$/;
const names: readonly string[] = ['cpu', 'memory', 'ephemeral-storage'];

/** Reads `limits` and `requests`; what the API server would refuse in a pod becomes a problem and is left out. */
export function parseResources(value: unknown, problems: ResourceProblem[]): Resources {
  if (value === undefined || value === null) return {};
  const { limits, requests } = value as Record<string, unknown>;
  const resources = {
    ...(limits !== undefined && { limits: parseAmounts('limits', limits, problems) }),
    ...(requests !== undefined && { requests: parseAmounts('requests', requests, problems) }),
  };
  for (const [name, amount] of Object.entries(resources.requests ?? {})) {
    const limit = resources.limits?.[name];
    if (limit !== undefined && amountOf(amount) > amountOf(limit))
      problems.push({
        place: `requests.${name}`,
        message: `${amount} is more than its limit, ${limit}; lower it or raise the limit`,
      });
  }
  return resources;
}

function parseAmounts(
  list: 'limits' | 'requests',
  value: unknown,
  problems: ResourceProblem[],
): Readonly<Record<string, string>> {
  const amounts: Record<string, string> = {};
  for (const [name, amount] of Object.entries((value ?? {}) as Record<string, unknown>)) {
    const place = `${list}.${name}`;
    const text = typeof amount === 'number' ? String(amount) : amount;
    if (!names.includes(name))
      problems.push({ place, message: `a sidecar has no such resource; use ${names.join(', ')}` });
    else if (typeof text === 'string' && quantity.test(text)) amounts[name] = text;
    else {
      const message = `${JSON.stringify(amount)} is not a quantity; expected a value such as 500m or 64Mi`;
      problems.push({ place, message });
    }
  }
  return amounts;
}

const powers = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
const parts = ['', 'm', 'u', 'n'];

function amountOf(text: string): number {
  const [, number = '0', unit = '', exponent = '0'] = quantity.exec(text) ?? [];
  const bare = Number(number) * 10 ** Number(exponent);
  if (unit.endsWith('i')) return bare * 1024 ** powers.indexOf(unit.slice(0, -1).replace('K', 'k'));
  const power = powers.indexOf(unit);
  return power >= 0 ? bare * 1000 ** power : bare / 1000 ** parts.indexOf(unit);
}

/** Whole cores that the CPU limit amounts to, at least one; undefined without a limit in cores or millicores. */
export function countCores({ limits }: Resources): number | undefined {
  const [, amount, unit] = /^([\d.]+)(m?)$/.exec(limits?.['cpu'] ?? '') ?? [];
  if (amount === undefined) return undefined;
  return Math.max(1, Math.ceil(Number(amount) / (unit === 'm' ? 1000 : 1)));
}
