import type { AccessRule, HttpMatch } from '../../../src/policy/access.ts';
import { type IdentityKey } from '../../../src/policy/identity.ts';
import type { MeshModel } from '../../../src/policy/mesh-model.ts';

/** One call, as the server's side sees it. `path` undefined: opaque TCP. */
export interface Call {
  /** `<namespace>/<ServiceAccount>`. */
  readonly from: string;
  readonly to: string;
  readonly port?: number;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Whether a model allows a call: what its words mean, said once more and independently of Envoy. */
export function isAllowed(model: MeshModel, call: Call): boolean {
  if (model.settings.permissive) return true;
  const rules = model.rules.get(call.to as IdentityKey) ?? [];
  return rules.some((rule) => ruleAllows(rule, call, model.settings.pathMatch));
}

function ruleAllows(rule: AccessRule, call: Call, pathMatch: 'Prefix' | 'Full'): boolean {
  const { port = 80 } = call;
  if (!rule.sources.includes(call.from as IdentityKey)) return false;
  if (rule.ports !== 'all' && !rule.ports.includes(port)) return false;
  if (rule.http === 'all') return true;
  return call.path !== undefined && rule.http.some((match) => matches(match, call, pathMatch));
}

function matches(match: HttpMatch, call: Call, pathMatch: 'Prefix' | 'Full'): boolean {
  const { path = '/', method = 'GET', headers = {} } = call;
  const end = pathMatch === 'Full' ? '$' : '';
  const pathFits = new RegExp(
    `^(?:${match.pathRegex ?? ''})${match.pathRegex === undefined ? '' : end}`,
  );
  return (
    pathFits.test(path) &&
    (match.methods.length === 0 || match.methods.includes(method)) &&
    match.headers.every(({ name, valueRegex }) =>
      new RegExp(`^(?:${valueRegex})$`).test(headers[name] ?? '\0'),
    )
  );
}
