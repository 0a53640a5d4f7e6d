import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';
import { bootstrapFileNames, bootstrapFiles } from '../../src/envoy/bootstrap.ts';
import { createAssembler } from '../../src/xds/resources/resource-set.ts';
import { run } from '../../tools/base/command.ts';
import { envoyBinary, envoyVersion } from '../../tools/parts/envoy.ts';
import { someEndpoints, someView } from '../support/builders/arbitrary-view.ts';
import { makeMeshAuthority } from '../support/certificates/mesh-authority.ts';
import { makeInbound, makeMatch, makeOutbound, makeRule, makeServed } from '../support/builders/make-view.ts';
import { envoyVersions, refusal } from '../support/envoy/validate.ts';
import { playStory, storyNames } from './story-files.ts';

jest.setTimeout(120_000);

describe.each(envoyVersions)('Envoy %s', (version) => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'weft-bootstrap-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it.each(storyNames())('accepts every proxy of %s', async (story) => {
    const sets = new Set(playStory(story).sets.values());
    for (const set of sets) expect(await refusal(set, version)).toBe('');
  });

  it('accepts whatever else can be made of a view', async () => {
    const some = fc.tuple(someView, someEndpoints);
    const views = fc.sample(some, { seed: 1, numRuns: version === envoyVersion ? 40 : 10 });
    for (const [view, endpoints] of views) {
      const set = createAssembler().assemble(view, endpoints, undefined);
      expect(await refusal(set, version)).toBe('');
    }
  });

  it('accepts a long path regex, which its own default limit would refuse', async () => {
    const pathRegex = Array.from({ length: 100 }, (_, i) => `/${String(i)}/[a-z]{1,20}`).join('|');
    const rules = [makeRule('long', { http: [makeMatch({ pathRegex })] })];
    const inbound = makeInbound({ served: [makeServed(80)], rules });
    const view = { inbound, outbound: makeOutbound() };
    const set = createAssembler().assemble(view, new Map(), undefined);
    expect(await refusal(set, version)).toBe('');
  });

  it.each<[boolean, readonly string[]]>([
    [false, []],
    [false, ['10.96.0.20']],
    [true, ['fd00::20', '10.96.0.20']],
  ])('accepts the bootstrap, with ipv6 %p and addresses %j', async (ipv6, addresses) => {
    const paths = { bootstrap: directory, token: directory };
    const files = bootstrapFiles({
      controlPlane: 'weft.weft-system.svc',
      controlPlanePath: '/weft/control-plane/weft-system',
      port: 15128,
      addresses,
      ipv6,
      paths,
    });
    const { root } = await makeMeshAuthority();
    for (const [name, text] of Object.entries({ ...files, 'ca.crt': root, token: 'token' }))
      writeFileSync(join(directory, name), text);
    const config = join(directory, bootstrapFileNames.bootstrap);
    const node = ['--service-node', 'shop/cart-1', '--service-cluster', 'cart.shop'];
    await run(await envoyBinary(version), [
      '--mode',
      'validate',
      '-l',
      'error',
      '-c',
      config,
      ...node,
    ]);
  });
});
