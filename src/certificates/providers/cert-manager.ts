import { randomBytes } from 'node:crypto';
import type { Condition, KubernetesObject, ObjectMeta } from '../../api/core.ts';
import { apiVersionOf, kinds } from '../../api/kinds.ts';
import type { CertManagerRoot } from '../../api/root-spec.ts';
import type { Clock } from '../../common/clock.ts';
import { WeftError, type ErrorCode } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import type { ApiConnection } from '../../kubernetes/connect.ts';
import type { Random } from '../../kubernetes/back-off.ts';
import { reflect, type Reflector } from '../../kubernetes/reflector.ts';
import { withinTime } from '../../kubernetes/time-limit.ts';
import { createBeyondCaError, refusesBeyondCa } from './shorten-request.ts';
import type { OutsideIssuer, SignedAnswer, SigningRequest } from './outside-issuer.ts';

export interface CertManagerOptions {
  readonly root: CertManagerRoot;
  readonly api: ApiConnection;
  /** Where CertificateRequests are created: the control plane's own namespace. */
  readonly namespace: string;
  readonly metadata?: Pick<ObjectMeta, 'labels' | 'annotations' | 'ownerReferences'> | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** How long cert-manager may take for one request. Default 15 s for a leaf, 60 s for an intermediate. */
  readonly limitMs?: number | undefined;
}

/** cert-manager's CertificateRequest, as far as it is read or written here. */
export interface CertificateRequest extends KubernetesObject {
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: {
    readonly conditions?: readonly Condition[];
    /** Base64 of PEM: the certificate and the certificates above it. */
    readonly certificate?: string;
    /** Base64 of PEM; absent or stale with some issuers. */
    readonly ca?: string;
  };
}

/** Says which process made a request. Each process watches only its own requests. */
const requesterLabel = 'weft.dev/requested-by';
const kind = kinds.certificateRequest;
const leftOverMs = 15 * 60_000;
const sweepMs = 5 * 60_000;

/** Has an Issuer or ClusterIssuer sign. Creates one CertificateRequest per certificate and deletes it afterwards. */
export class CertManagerIssuer implements OutsideIssuer {
  readonly name: string;
  readonly #options: CertManagerOptions;
  readonly #requester = randomBytes(6).toString('hex');
  readonly #requests: Reflector<CertificateRequest>;

  constructor(options: CertManagerOptions) {
    const { root, api, namespace, clock, random, logger } = options;
    const { group, kind: of, name } = root.issuerRef;
    this.#options = options;
    this.name = `${of} ${name} of ${group}`;
    const own = { namespace, labelSelector: `${requesterLabel}=${this.#requester}` };
    this.#requests = reflect(api, kind, { ...own, clock, random, log: logger });
  }

  async sign(wish: SigningRequest, signal: AbortSignal): Promise<SignedAnswer> {
    const { api, namespace, clock, limitMs } = this.#options;
    const name = `weft-${randomBytes(8).toString('hex')}`;
    const ms = limitMs ?? (wish.template.ca === undefined ? 15_000 : 60_000);
    const limit = { clock, ms, reason: () => this.#late(name, ms) };
    try {
      const done = await withinTime(
        limit,
        async (inner) => {
          await api.create(kind, this.#request(name, wish), inner);
          return this.#answered(name, inner);
        },
        signal,
      );
      return { certificates: textOf(done.status?.certificate), roots: textOf(done.status?.ca) };
    } catch (thrown) {
      throw signal.aborted ? thrown : apiFailure(this.name, thrown);
    } finally {
      void this.#remove({ namespace, name });
    }
  }

  /** Watches our requests, and removes those that killed replicas left behind, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#requests.run(signal), this.#sweep(signal)]);
  }

  #request(name: string, { request, template, validityMs }: SigningRequest): CertificateRequest {
    const { root, namespace, metadata = {} } = this.#options;
    const isCA = template.ca !== undefined;
    const purposes = { serverAuth: 'server auth', clientAuth: 'client auth' } as const;
    return {
      apiVersion: apiVersionOf(kind),
      kind: kind.kind,
      metadata: {
        ...metadata,
        labels: { ...metadata.labels, [requesterLabel]: this.#requester },
        ...{ name, namespace },
      },
      spec: {
        issuerRef: root.issuerRef,
        request: Buffer.from(request).toString('base64'),
        duration: `${Math.floor(Math.max(validityMs, 1_000) / 1000)}s`,
        isCA,
        usages: isCA
          ? ['cert sign', 'crl sign']
          : ['digital signature', ...template.extendedKeyUsage.map((one) => purposes[one])],
      },
    };
  }

  async #answered(name: string, signal: AbortSignal): Promise<CertificateRequest> {
    const { namespace } = this.#options;
    const key = `${namespace}/${name}`;
    const { promise, resolve, reject } = Promise.withResolvers<CertificateRequest>();
    const look = (): void => {
      const request = this.#requests.objects.get(key);
      if (request === undefined) return;
      const refusal = refusalIn(this.name, request);
      if (refusal !== undefined) reject(refusal);
      else if (isReady(request)) resolve(request);
    };
    const onAbort = (): void => reject(signal.reason as Error);
    const stop = this.#requests.subscribe(look);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      signal.throwIfAborted();
      look();
      return await promise;
    } finally {
      stop();
      signal.removeEventListener('abort', onAbort);
    }
  }

  #late(name: string, ms: number): WeftError {
    const request = this.#requests.objects.get(`${this.#options.namespace}/${name}`);
    const ready = request && conditionOf(request, 'Ready');
    const approved = request && conditionOf(request, 'Approved')?.status === 'True';
    const state = ready?.message ?? (approved === true ? 'approved' : 'not approved');
    return new WeftError(
      'issuer-unavailable',
      `${this.name} signed no CertificateRequest within ${ms / 1000} s (${state}); check that ` +
        'cert-manager runs, and that the issuer exists and is ready',
      { retry: 'soon' },
    );
  }

  async #remove(place: { readonly namespace: string; readonly name: string }): Promise<void> {
    const { api, logger } = this.#options;
    // The request must be deleted even while this process stops, so this call does not use the process's signal.
    await api.remove({ kind, ...place }, {}, AbortSignal.timeout(5_000)).catch((error: unknown) => {
      logger.debug('certificate request not removed', { ...place, error });
    });
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    const { api, namespace, clock, logger } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(sweepMs, signal).catch(() => undefined);
      const end = clock.now() - leftOverMs;
      const options = { namespace, labelSelector: requesterLabel };
      const all = await api.list<CertificateRequest>(kind, options, signal).catch(() => []);
      const old = all.filter(({ metadata }) => Date.parse(metadata.creationTimestamp ?? '') < end);
      for (const { metadata } of old) await this.#remove({ namespace, name: metadata.name });
      if (old.length > 0) logger.info('old certificate requests deleted', { count: old.length });
    }
  }
}

function conditionOf(request: CertificateRequest, type: string): Condition | undefined {
  return request.status?.conditions?.find((condition) => condition.type === type);
}

function isReady(request: CertificateRequest): boolean {
  return conditionOf(request, 'Ready')?.status === 'True';
}

/** The error for a request that cert-manager or an approver refused for good; else undefined. */
function refusalIn(name: string, request: CertificateRequest): WeftError | undefined {
  const denied =
    findCondition(request, { type: 'Denied', status: 'True' }) ??
    findCondition(request, { type: 'Ready', status: 'False', reason: 'Denied' });
  if (denied !== undefined)
    return new WeftError(
      'issuer-refused',
      `a CertificateRequest for ${name} was denied: ${denied.message}; allow the requests of the ` +
        "control plane's ServiceAccount to be approved",
      { retry: 'soon' },
    );
  const failed =
    findCondition(request, { type: 'InvalidRequest', status: 'True' }) ??
    findCondition(request, { type: 'Ready', status: 'False', reason: 'Failed' });
  if (failed === undefined) return undefined;
  const message = `${name} fails CertificateRequests: ${failed.message}`;
  if (refusesBeyondCa(failed.message)) return createBeyondCaError(message, failed.message);
  return new WeftError('issuer-misconfigured', message, { retry: 'soon' });
}

type Sought = Pick<Condition, 'type' | 'status'> & Partial<Pick<Condition, 'reason'>>;

/** The condition of that type, if it has that status, and that reason where one is named. */
function findCondition(
  request: CertificateRequest,
  { type, status, reason }: Sought,
): Condition | undefined {
  const found = conditionOf(request, type);
  const fits = found?.status === status && (reason === undefined || found.reason === reason);
  return fits ? found : undefined;
}

/** Turns an error of the API server into an error of the issuer. */
function apiFailure(name: string, thrown: unknown): WeftError {
  const error = WeftError.from(thrown);
  const text = `no CertificateRequest for ${name}: ${error.message}`;
  const code = issuerCodes[error.code];
  if (code === undefined) return error;
  const hint = error.code === 'api-not-found' ? '; is cert-manager installed?' : '';
  return new WeftError(code, text + hint, { cause: error, retry: 'soon' });
}

const issuerCodes: Readonly<Partial<Record<ErrorCode, ErrorCode>>> = {
  'api-not-found': 'issuer-misconfigured',
  'api-rejected': 'issuer-refused',
  'api-unavailable': 'issuer-unavailable',
  'api-conflict': 'issuer-unavailable',
  'api-gone': 'issuer-unavailable',
};

function textOf(base64: string | undefined): string {
  return Buffer.from(base64 ?? '', 'base64').toString('utf8');
}
