import { beforeAll, expect, it } from '@jest/globals';
import { openOutside, openRoom, shapesClient as client } from './guests.ts';
import { ask, type Ask, type Pod } from './in-pod.ts';
import { applyManifest, rolledOut, setTraffic, type TestCluster } from './test-cluster.ts';

const server: Pod = { namespace: 'shapes', target: 'deployment/server', container: 'server' };

const shapes = [
  'web port',
  'admin port',
  'named port',
  'headless',
  'IPv6',
  'echo',
  'greeting',
] as const;
type Shape = (typeof shapes)[number];

/** What a client gets from a service that it may call. */
const served: Readonly<Record<Shape, string>> = {
  'web port': '^200 port 8080 ',
  'admin port': '^200 port 8081 ',
  'named port': '^200 port 8080 ',
  headless: '^200 port 8080 ',
  IPv6: '^200 port 8080 ',
  echo: '^echo: hello$',
  greeting: '^welcome$',
};
/** What it gets from one that it may not: an answer of its own sidecar or the other, or none. */
const turnedAway = '^(403|404|503) |^ECONNRE(SET|FUSED)$|^closed$';
/** A pod's call to its own address never leaves it, so no sidecar and no policy sees it. */
const ownAddress: readonly Shape[] = ['headless'];

async function questions(
  world: TestCluster,
): Promise<Readonly<Record<Shape, Omit<Ask, 'expect'>>>> {
  const args = ['service', 'dual', '-n', 'shapes', '-o=jsonpath={.spec.clusterIPs[1]}'];
  const v6 = await world.kubectl.run('get', ...args);
  return {
    'web port': { url: 'http://ports.shapes:8080/a' },
    'admin port': { url: 'http://ports.shapes:8081/a' },
    'named port': { url: 'http://named.shapes/a' },
    headless: { url: 'http://headless.shapes.svc.cluster.local:8080/a' },
    IPv6: { url: `http://[${v6}]:8080/a` },
    echo: { url: 'tcp://echo.shapes:9000', send: 'hello\n' },
    greeting: { url: 'tcp://greeting.shapes:3306' },
  };
}

/** Asks every service, and expects an answer of those in `open` alone. */
async function expectOpen(world: TestCluster, pod: Pod, open: readonly Shape[]): Promise<void> {
  const urls = await questions(world);
  const asks = Object.fromEntries(
    shapes.map((shape): [string, Ask] => {
      const expected = open.includes(shape) ? served[shape] : turnedAway;
      return [shape, { ...urls[shape], expect: expected }];
    }),
  );
  const answers = await ask(world, pod, asks);
  const wrong = Object.entries(answers).filter(
    ([shape, answer]) => !new RegExp(asks[shape]?.expect ?? '').test(answer),
  );
  expect(wrong).toEqual([]);
}

/** Services of every shape in permissive mode and under policies, and what is outside the mesh. */
export function serviceShapes(world: () => TestCluster): void {
  beforeAll(async () => {
    await Promise.all([openRoom(world(), 'shapes'), openOutside(world())]);
    await rolledOut(world(), 'shapes', 'deployment/server');
    await rolledOut(world(), 'shapes', 'deployment/client');
    await rolledOut(world(), 'shapes', 'deployment/past');
  }, 120_000);

  it('permissive mode: all of them answer, and a pod may call itself', async () => {
    await setTraffic(world(), { enablePermissiveTrafficPolicyMode: true, enableEgress: false });
    await expectOpen(world(), client, shapes);
    await expectOpen(world(), server, shapes);
  }, 60_000);

  it('no policy: none answers', async () => {
    await setTraffic(world(), { enablePermissiveTrafficPolicyMode: false });
    await expectOpen(world(), client, []);
    await expectOpen(world(), server, ownAddress);
  }, 60_000);

  it('a policy opens one port of several for HTTP, another one for TCP', async () => {
    await applyManifest(world(), 'shapes-web-port.yaml');
    const open: readonly Shape[] = ['web port', 'named port', 'headless', 'IPv6', 'echo'];
    await expectOpen(world(), client, open);
    await expectOpen(world(), server, ownAddress);
  }, 60_000);

  it('a policy opens everything, and lets the server call itself', async () => {
    await applyManifest(world(), 'shapes-everything.yaml');
    await expectOpen(world(), client, shapes);
    await expectOpen(world(), server, shapes);
  }, 60_000);

  it('without the policies none answers again, and permissive mode opens all', async () => {
    await world().kubectl.run('delete', 'traffictarget', '-n', 'shapes', '--all');
    await expectOpen(world(), client, []);
    await setTraffic(world(), { enablePermissiveTrafficPolicyMode: true });
    await expectOpen(world(), client, shapes);
    await setTraffic(world(), { enablePermissiveTrafficPolicyMode: false });
    await expectOpen(world(), client, []);
  }, 90_000);

  it('of two callers each gets its own path, and 403 for that of the other', async () => {
    await applyManifest(world(), 'shapes-paths.yaml');
    const base = 'http://ports.shapes:8080';
    for (const [pod, own, other] of [
      [client, '/client', '/server'],
      [server, '/server', '/client'],
    ] as const) {
      const asks = {
        own: { url: `${base}${own}/1`, expect: `^200 port 8080 path ${own}/1 ` },
        other: { url: `${base}${other}/1`, expect: '^403 ' },
        neither: { url: `${base}/else`, expect: '^404 |^403 ' },
      };
      expect(await ask(world(), pod, asks)).toEqual({
        own: expect.stringMatching(asks.own.expect),
        other: expect.stringMatching(asks.other.expect),
        neither: expect.stringMatching(asks.neither.expect),
      });
    }
    await world().kubectl.run('delete', 'traffictarget', '-n', 'shapes', '--all');
  }, 60_000);

  it('calls to an excluded port go past the sidecar, also while egress is off', async () => {
    const past: Pod = { namespace: 'shapes', target: 'deployment/past', container: 'past' };
    const url = 'http://outside.outside:8080/a';
    const answers = await ask(world(), past, { outside: { url, expect: '^200 ' } });
    expect(answers['outside']).toMatch(/^200 /);
  }, 60_000);

  it('a service outside the mesh is reached exactly while egress is on', async () => {
    const url = 'http://outside.outside:8080/a';
    const expectOutside = async (expected: string): Promise<void> => {
      const answers = await ask(world(), client, { outside: { url, expect: expected } });
      expect(answers['outside']).toMatch(new RegExp(expected));
    };
    await expectOutside(turnedAway);
    await setTraffic(world(), { enableEgress: true });
    await expectOutside('^200 port 8080 path /a peer -$');
    await setTraffic(world(), { enableEgress: false });
    await expectOutside(turnedAway);
  }, 60_000);
}
