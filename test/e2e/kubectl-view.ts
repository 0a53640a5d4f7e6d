import { beforeAll, expect, it } from '@jest/globals';
import { CommandError } from '../../tools/base/command.ts';
import { figure } from './figure.ts';
import { ask, bookbuyer } from './in-pod.ts';
import { twoBookstores } from './rolling-restart.ts';
import { applyManifest, typed, kubectlPace, type TestCluster } from './test-cluster.ts';
import { until } from '../support/time/until.ts';

type Row = Readonly<Record<string, string>>;

/** The tables that kubectl printed, each row by column; columns are two spaces apart or more. */
function tables(text: string): readonly Row[] {
  return text.split(/\n\n+/).flatMap((table) => {
    const [head = '', ...lines] = table.trimEnd().split('\n');
    const titles = [...head.matchAll(/\S+( \S+)*/g)];
    const row = (line: string): Row =>
      Object.fromEntries(
        titles.map(({ 0: title, index }, at) => [
          title,
          line.slice(index, titles[at + 1]?.index).trim(),
        ]),
      );
    return lines.map(row);
  });
}

/** Runs a command of the docs until the row of that name fits; gives the row. */
function rowOf(world: TestCluster, command: string, fits: (row: Row) => boolean): Promise<Row> {
  return until(async () => tables(await typed(world, command)).find(fits), {
    what: `a fitting row of \`${command}\``,
    withinMs: 30_000,
    ...kubectlPace,
  });
}

const policies = 'kubectl get traffictarget,trafficsplit,httproutegroup -A';

/** What people see through kubectl, of good objects and of broken ones. */
export function kubectlView(world: () => TestCluster): void {
  beforeAll(async () => {
    await twoBookstores(world());
    await applyManifest(world(), '../../../config/demo/policies/traffic-split-100-0.yaml');
  }, 120_000);

  it('meshconfig: ready, proxies in step, version and age', async () => {
    const row = await rowOf(world(), 'kubectl get meshconfig -A', (found) => {
      const [synced, total] = (found['PROXIES'] ?? '').split('/');
      return found['READY'] === 'True' && synced === total && Number(total) >= 5;
    });
    figure(`kubectl get meshconfig: ${JSON.stringify(row)}`);
    expect(row).toEqual({
      NAMESPACE: 'weft-system',
      NAME: 'osm-mesh-config',
      READY: 'True',
      CERTIFICATES: 'builtIn',
      PERMISSIVE: expect.stringMatching(/^(true|false)$/),
      PROXIES: expect.stringMatching(/^\d+\/\d+$/),
      VERSION: '0.1.0',
      CHECKED: expect.stringMatching(/^\d+[sm]/),
      AGE: expect.stringMatching(/^\d+[smh]/),
    });
  }, 60_000);

  it('policies: accepted, and how many proxies have them in force', async () => {
    const names = [
      'traffictarget.access.smi-spec.io/bookstore',
      'httproutegroup.specs.smi-spec.io/bookstore-service-routes',
      'trafficsplit.split.smi-spec.io/bookstore-split',
    ];
    for (const name of names) {
      const row = await rowOf(world(), policies, (found) => {
        const [acknowledged, total] = (found['IN FORCE'] ?? '').split('/');
        return found['NAME'] === name && acknowledged === total && Number(total) > 0;
      });
      expect(row).toMatchObject({ NAMESPACE: 'bookstore', ACCEPTED: 'True' });
    }
    const all = 'kubectl get traffictarget,trafficsplit,httproutegroup,tcproute -A';
    expect(tables(await typed(world(), all)).length).toBeGreaterThanOrEqual(names.length);
    const described = await typed(world(), 'kubectl describe traffictarget -n bookstore bookstore');
    expect(described).toMatch(/proxies acknowledged/);
  }, 60_000);

  it('a policy that leans on a missing route says so in status and event; the others go on', async () => {
    await applyManifest(world(), 'broken-target.yaml');
    const row = await rowOf(world(), policies, (found) => found['ACCEPTED'] === 'False');
    expect(row).toMatchObject({
      NAME: 'traffictarget.access.smi-spec.io/broken',
      'IN FORCE': 'invalid',
    });
    const event = await until(
      async () => {
        const args = ['-n', 'bookstore', '-o=jsonpath={.items[*].note}'];
        const regarding = '--field-selector=regarding.name=broken,reason=RouteMissing';
        const notes = await world().kubectl.run('get', 'events.events.k8s.io', ...args, regarding);
        return notes === '' ? undefined : notes;
      },
      { what: 'an event of the broken policy', withinMs: 20_000, ...kubectlPace },
    );
    figure(`event of a broken policy: ${event}`);
    expect(event).toMatch(/spec\.rules\[0\].*HTTPRouteGroup nowhere.*create it/);
    const url = 'http://bookstore.bookstore:14001/books-bought';
    const answers = await ask(world(), bookbuyer, { good: { url, expect: '^200 ' } });
    expect(answers['good']).toMatch(/^200 /);
    await world().kubectl.run('delete', 'traffictarget', 'broken', '-n', 'bookstore');
  }, 90_000);

  it('what cannot be right is refused at the door, naming the field', async () => {
    const refusal = await applyManifest(world(), 'foreign-target.yaml').then(
      () => 'it was taken',
      (error: unknown) => (error instanceof CommandError ? error.output : String(error)),
    );
    figure(`refused at admission: ${refusal.trim()}`);
    expect(refusal).toMatch(/denied the request.*spec\.destination\.namespace/s);
  }, 30_000);
}
