import { setTimeout as sleep } from 'node:timers/promises';
import { reportKey, type CertificateReport } from '../../src/api/certificate-report.ts';
import type { CertificatePlan } from '../../src/api/certificate-plan.ts';
import { parseReport } from '../../src/api/parse-report.ts';
import { now } from './figures.ts';
import type { Load } from './load.ts';
import { meshNamespace, type BenchMesh } from './bench-mesh.ts';

/** How long each phase of a switch took, in ms, until the report said that all had followed. */
export interface SwitchFigures {
  readonly preflightMs: number;
  readonly trustBothMs: number;
  readonly signNewMs: number;
  readonly settleMs: number;
  readonly dropOldMs: number;
}

const config = `/apis/config.openservicemesh.io/v1alpha2/namespaces/${meshNamespace}`;
const apiVersion = 'config.openservicemesh.io/v1alpha2';
const patienceMs = 120_000;
const pollIntervalMs = 20;

/** A switch between two built-in roots, with the operator's plans written here, at the pace of the proof. */
export async function measureSwitch(
  world: BenchMesh,
  load: Load,
  proxies: number,
): Promise<SwitchFigures> {
  const steps = new Steps(world, proxies);
  await steps.begin();
  const preflightMs = await steps.take({ candidate: steps.next }, (report) => {
    return report.roots[steps.next]?.ready === true;
  });
  load.trust(await steps.pin());
  const trusted = [steps.first, steps.next];
  const { step } = steps;
  const all = proxies;
  const trustBothMs = await steps.take({ trusted, trustedStep: step + 1 }, ({ trust }) => {
    return trust.step === step + 1 && trust.acknowledged === all;
  });
  const signNewMs = await steps.take({ signer: steps.next, signerStep: step + 2 }, ({ leaves }) => {
    return leaves.step === step + 2 && leaves.acknowledged === all;
  });
  const server = { serverSigner: steps.next, serverStep: step + 3 };
  const settleMs = await steps.take(server, ({ channel }) => {
    return channel.step === step + 3 && channel.acknowledged === all;
  });
  const only = { trusted: [steps.next], trustedStep: step + 4 };
  const dropOldMs = await steps.take(only, ({ trust }) => {
    return trust.step === step + 4 && trust.acknowledged === all;
  });
  await steps.end();
  return { preflightMs, trustBothMs, signNewMs, settleMs, dropOldMs };
}

/** The played operator: plans are written, and reports are read. */
class Steps {
  readonly first = 'weft-root-1';
  readonly next = 'weft-root-2';
  readonly #world: BenchMesh;
  readonly #proxies: number;
  #plan: CertificatePlan = {
    ...{ step: 0, signer: this.first, signerStep: 1, serverSigner: this.first, serverStep: 1 },
    ...{ trusted: [this.first], trustedStep: 1 },
  };

  constructor(world: BenchMesh, proxies: number) {
    this.#world = world;
    this.#proxies = proxies;
  }

  get step(): number {
    return this.#plan.step;
  }

  /** Pins the root there is, as the operator does when the mesh begins. */
  async begin(): Promise<void> {
    const { roots } = await this.#until(({ roots: all }) => all[this.first]?.ready === true);
    await this.#record(this.first, 'weft-ca', roots[this.first]?.roots);
    await this.#record(this.next, `weft-ca-of-${this.#proxies}`, undefined);
    await this.take({}, ({ step }) => step === this.step);
  }

  /** Writes the next plan; resolves to the milliseconds until the report shows what is asked. */
  async take(
    change: Partial<CertificatePlan>,
    shows: (report: CertificateReport) => boolean,
  ): Promise<number> {
    this.#plan = { ...this.#plan, ...change, step: this.#plan.step + 1 };
    const status = { certificate: { plan: this.#plan } };
    const began = now();
    await this.#apply('meshconfigs', 'osm-mesh-config', { kind: 'MeshConfig', status });
    await this.#until((report) => report.step >= this.step && shows(report));
    return now() - began;
  }

  /** Pins the candidate; gives the roots that clients should have from then on. */
  async pin(): Promise<string> {
    const { roots } = await this.#until(({ roots: all }) => all[this.next]?.ready === true);
    await this.#record(this.next, `weft-ca-of-${this.#proxies}`, roots[this.next]?.roots);
    return [this.first, this.next].map((name) => roots[name]?.roots ?? '').join('\n');
  }

  /** The next measurement finds a mesh without a past. */
  async end(): Promise<void> {
    const { api } = this.#world;
    for (const name of [this.first, this.next])
      await api.call('DELETE', `${config}/meshrootcertificates/${name}`);
    const status = { certificate: null };
    await api.call('PATCH', `${config}/meshconfigs/osm-mesh-config/status`, { status });
    const report = `/api/v1/namespaces/${meshNamespace}/configmaps/weft-certificates`;
    await api.call('DELETE', report);
  }

  async #record(name: string, secret: string, roots: string | undefined): Promise<void> {
    const kind = 'MeshRootCertificate';
    const secretRef = { name: secret, namespace: meshNamespace };
    const spec = { role: 'active', provider: { tresor: { ca: { secretRef } } } };
    const path = `${config}/meshrootcertificates/${name}`;
    const object = { apiVersion, kind, metadata: { name, namespace: meshNamespace }, spec };
    await this.#world.api.apply(path, JSON.stringify(object));
    const status = { state: 'validating', roots };
    if (roots !== undefined) await this.#apply('meshrootcertificates', name, { kind, status });
  }

  async #apply(plural: string, name: string, of: { kind: string; status: object }): Promise<void> {
    const object = { apiVersion, metadata: { name, namespace: meshNamespace }, ...of };
    await this.#world.api.apply(`${config}/${plural}/${name}/status`, JSON.stringify(object));
  }

  async #until(holds: (report: CertificateReport) => boolean): Promise<CertificateReport> {
    const deadline = now() + patienceMs;
    for (;;) {
      const report = await this.#report();
      if (report !== undefined && holds(report)) return report;
      if (now() > deadline) throw new Error(`the switch stands: ${JSON.stringify(report)}`);
      await sleep(pollIntervalMs);
    }
  }

  async #report(): Promise<CertificateReport | undefined> {
    const path = `/api/v1/namespaces/${meshNamespace}/configmaps/weft-certificates`;
    const found = await this.#world.api.call('GET', path).catch(() => undefined);
    const data = found?.['data'] as Record<string, string> | undefined;
    return parseReport(data?.[reportKey]);
  }
}
