import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { describe, expect, it, jest } from '@jest/globals';
import { ofFile } from '../../support/jest/of-file.ts';
import {
  type Replica,
  startReplicaRig,
} from '../../support/control-plane/replicas-on-api-server.ts';
import { until } from '../../support/time/until.ts';

jest.setTimeout(60_000);

const part = ofFile(async () => {
  const rig = await startReplicaRig();
  return { rig, replica: await rig.startReplica('watched'), stop: () => rig.stop() };
});

interface Answer {
  readonly status: number;
  readonly body: string;
}

function metrics(
  { metricsPort: port }: Replica,
  { path = '/metrics', method = 'GET', token }: { path?: string; method?: string; token?: string },
): Promise<Answer> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const options = { host: '127.0.0.1', port, path, method, headers, agent: false };
  return new Promise((resolve, reject) => {
    const sent = httpsRequest({ ...options, rejectUnauthorized: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.on('error', reject).end();
  });
}

async function tokenOf(account: string, ...options: readonly string[]): Promise<string> {
  const { rig } = part();
  return (await rig.kubectl('create', 'token', account, '-n', 'shop', ...options)).trim();
}

/** The answer to a token once the API server was asked about it: one address may cause few questions a second. */
async function authorize(token: string): Promise<Answer> {
  return until(() => metrics(part().replica, { token }), {
    holds: ({ status }) => status !== 503,
    withinMs: 30_000,
    pauseMs: 300,
  });
}

describe('S16: the metrics of the control plane', () => {
  it('are given to an account that may get /metrics, and to no other account', async () => {
    const { rig, replica } = part();
    await rig.kubectl('create', 'serviceaccount', 'scraper', '-n', 'shop');
    await rig.kubectl('create', 'serviceaccount', 'curious', '-n', 'shop');
    await rig.kubectl('apply', '-f', 'config/rbac/metrics-reader.yaml');
    const to = ['--clusterrole=weft-metrics-reader', '--serviceaccount=shop:scraper'];
    await rig.kubectl('create', 'clusterrolebinding', 'scraper', ...to);
    const allowed = await metrics(replica, { token: await tokenOf('scraper') });
    expect(allowed.status).toBe(200);
    expect(allowed.body).toContain('weft_xds_streams 0');
    const forOthers = await tokenOf('scraper', '--audience=weft.dev');
    const refused = [
      await metrics(replica, {}),
      await metrics(replica, { token: 'x'.repeat(13_000) }),
      await authorize('eyJhbGciOiJub25lIn0.e30.'),
      await authorize(forOthers),
      await authorize(await tokenOf('curious')),
    ];
    expect(refused.map(({ status }) => status)).toEqual([401, 401, 401, 401, 403]);
    expect(refused.filter(({ body }) => body.includes('weft_'))).toEqual([]);
  });

  it('count what is wrong with objects, by severity', async () => {
    const { rig, replica } = part();
    await rig.apply(`
apiVersion: v1
kind: Service
metadata: { name: odd, namespace: shop }
spec:
  ports:
    - { name: queue, port: 80, appProtocol: acme }
    - { name: dns, port: 53, protocol: UDP }
`);
    const token = await tokenOf('scraper');
    const { body } = await until(() => metrics(replica, { token }), {
      holds: (page) => page.body.includes('weft_diagnostics{severity="warning"} 1\n'),
      pauseMs: 200,
    });
    expect(body).toContain('weft_diagnostics{severity="note"} 1\n');
    expect(body).toContain('weft_diagnostics{severity="error"} 0\n');
    expect(body).toMatch(/^weft_compile_seconds_count [1-9]/m);
  });

  it('cost the API server few questions, however many strange tokens come', async () => {
    const strangers = Array.from({ length: 20 }, (_, index) => `stranger-${index}`);
    const answers = await Promise.all(strangers.map((token) => metrics(part().replica, { token })));
    const asked = answers.filter(({ status }) => status === 401);
    // Two in a second, and the twenty may come in several.
    expect(asked.length).toBeLessThan(strangers.length);
    expect(answers.filter(({ status }) => status !== 401 && status !== 503)).toEqual([]);
  });

  it('are all that the port answers with', async () => {
    const { replica } = part();
    const others = [
      await metrics(replica, { path: '/metrics?x=1' }),
      await metrics(replica, { path: '/debug/pprof' }),
      await metrics(replica, { method: 'POST' }),
    ];
    expect(others.map(({ status }) => status)).toEqual([404, 404, 404]);
  });

  it('are not on the plaintext port of the probes', async () => {
    const { replica } = part();
    const answer = await fetch(`http://127.0.0.1:${replica.healthPort}/metrics`);
    expect(answer.status).toBe(404);
  });
});

describe('S9: the port of the kubelet', () => {
  it('answers probes while one address holds all the connections it can get', async () => {
    const { healthPort: port } = part().replica;
    const crowd = Array.from({ length: 1_500 }, () => {
      const options = { host: '127.0.0.1', port, localAddress: '127.0.0.2' };
      const socket = connect(options, () => socket.write('GET /livez HTTP/1.1\r\nx: '));
      return socket.on('error', () => undefined).resume();
    });
    await until(() => crowd.every((socket) => !socket.connecting));
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
    expect(ready.status).toBe(200);
    const open = (): number => crowd.filter((socket) => !socket.closed).length;
    expect(open()).toBeLessThanOrEqual(1_100);
    await until(open, { holds: (left) => left === 0, withinMs: 4_000 });
  });

  it('answers GET and HEAD alone', async () => {
    const { healthPort: port } = part().replica;
    const status = async (method: string, path: string): Promise<number> =>
      (await fetch(`http://127.0.0.1:${port}${path}`, { method })).status;
    expect(await status('HEAD', '/livez')).toBe(200);
    expect(await status('POST', '/livez')).toBe(405);
    expect(await status('GET', '/livez?verbose')).toBe(404);
  });
});
