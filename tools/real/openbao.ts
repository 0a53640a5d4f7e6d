import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, type Dispatcher, request } from 'undici';
import { untilReady } from '../base/daemon.ts';
import { freePort } from '../base/probe.ts';
import { type Authority, createAuthority } from '../cluster/authority.ts';
import { writePair } from '../cluster/keys.ts';
import { openbao } from '../parts/openbao.ts';
import { openRunFolder, type RunFolder } from './run-folder.ts';

/** An answer of OpenBao: the status, and the parsed body, empty where there was none. */
export interface BaoAnswer {
  readonly status: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly auth: Readonly<Record<string, unknown>>;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

export interface BaoCall {
  readonly method?: Dispatcher.HttpMethod;
  readonly body?: unknown;
  /** The token of the call. Default: the root token; "" for none. */
  readonly token?: string;
  /** An OpenBao namespace, such as `team`. */
  readonly namespace?: string;
}

/** Calls `/v1/PATH` over https. Resolves for every status; throws only without an answer. */
export type BaoAsk = (path: string, call?: BaoCall) => Promise<BaoAnswer>;

/** A client of an OpenBao. */
export interface BaoClient {
  readonly call: BaoAsk;
}

/** A real OpenBao on loopback, initialised and unsealed; its storage is memory. */
export interface OpenBao extends BaoClient {
  /** The https address; its certificate for 127.0.0.1 and localhost is signed by `ca`. */
  readonly url: string;
  /** The http address of the same server. */
  readonly plainUrl: string;
  readonly ca: string;
  readonly rootToken: string;
  readonly seal: () => Promise<void>;
  readonly unseal: () => Promise<void>;
  /** Stops it and removes every trace; may be called twice. */
  readonly stop: () => Promise<void>;
}

/** Starts OpenBao on free ports (about a second); first removes the remains of killed runs. */
export async function startOpenBao(): Promise<OpenBao> {
  const program = await openbao();
  const folder = await openRunFolder('openbao');
  try {
    return await boot(program, folder);
  } catch (error) {
    await folder.clear();
    throw error;
  }
}

async function boot(program: string, folder: RunFolder): Promise<OpenBao> {
  const [port, plainPort, clusterPort] = await Promise.all([freePort(), freePort(), freePort()]);
  const authority = await createAuthority('weft test openbao');
  const config = await writeConfig(folder.path, authority, { port, plainPort, clusterPort });
  const url = `https://127.0.0.1:${String(port)}`;
  const agent = new Agent({ connect: { ca: authority.certificate } });
  const stop = async (): Promise<void> => {
    await agent.destroy();
    await folder.clear();
  };
  try {
    const daemon = await folder.start('openbao', [program, 'server', `-config=${config}`]);
    const ask = baoAsk(url, agent);
    const isUp = (): Promise<boolean> =>
      ask('sys/health', { method: 'GET' }).then(
        ({ status }) => status === 501,
        () => false,
      );
    await untilReady(daemon, isUp, 30_000);
    const { key, rootToken } = await initialise(agent, url);
    const call = (path: string, { token = rootToken, ...rest }: BaoCall = {}): Promise<BaoAnswer> =>
      ask(path, { ...rest, token });
    const unseal = async (): Promise<void> => {
      await done(call('sys/unseal', { body: { key } }));
      await untilReady(daemon, async () => (await call('sys/health')).status === 200, 10_000);
    };
    const seal = async (): Promise<void> => {
      await done(call('sys/seal', { method: 'PUT' }));
    };
    await unseal();
    const plainUrl = `http://127.0.0.1:${String(plainPort)}`;
    return { url, plainUrl, ca: authority.certificate, rootToken, call, seal, unseal, stop };
  } catch (error) {
    await agent.destroy();
    throw error;
  }
}

async function writeConfig(
  directory: string,
  authority: Authority,
  ports: { readonly port: number; readonly plainPort: number; readonly clusterPort: number },
): Promise<string> {
  const pair = await authority.issue({
    commonName: 'openbao',
    dnsNames: ['localhost'],
    addresses: ['127.0.0.1'],
  });
  await writePair(directory, 'server', pair);
  const at = (port: number): string => `127.0.0.1:${String(port)}`;
  const cluster = { cluster_address: at(ports.clusterPort) };
  const files = {
    tls_cert_file: join(directory, 'server.crt'),
    tls_key_file: join(directory, 'server.key'),
  };
  const config = {
    storage: { inmem: {} },
    listener: [
      { tcp: { address: at(ports.port), ...cluster, ...files } },
      { tcp: { address: at(ports.plainPort), ...cluster, tls_disable: true } },
    ],
    api_addr: `https://${at(ports.port)}`,
    log_level: 'info',
  };
  const file = join(directory, 'config.json');
  await writeFile(file, JSON.stringify(config));
  return file;
}

async function initialise(
  agent: Agent,
  url: string,
): Promise<{ readonly key: string; readonly rootToken: string }> {
  const { statusCode, body } = await request(`${url}/v1/sys/init`, {
    method: 'POST',
    body: JSON.stringify({ secret_shares: 1, secret_threshold: 1 }),
    dispatcher: agent,
  });
  if (statusCode !== 200) throw new Error(`OpenBao does not initialise: ${await body.text()}`);
  const answer = (await body.json()) as { keys_base64: [string]; root_token: string };
  return { key: answer.keys_base64[0], rootToken: answer.root_token };
}

/** A client of the OpenBao at that URL, without a token unless the call names it. */
export function baoAsk(url: string, agent: Dispatcher): BaoAsk {
  return async (path, call = {}) => {
    const method = call.method ?? (call.body === undefined ? 'GET' : 'POST');
    const content = call.body === undefined ? {} : { body: JSON.stringify(call.body) };
    const headers = headersOf(call);
    const options = { method, headers, ...content, dispatcher: agent };
    const { statusCode, body } = await request(`${url}/v1/${path}`, options);
    return answerFrom(statusCode, await body.text());
  };
}

function headersOf({ token = '', namespace = '' }: BaoCall): Record<string, string> {
  return {
    ...(token === '' ? {} : { 'x-vault-token': token }),
    ...(namespace === '' ? {} : { 'x-vault-namespace': namespace }),
  };
}

/** OpenBao leaves a part out, or says null, where there is nothing. */
function answerFrom(status: number, text: string): BaoAnswer {
  const parsed = (text === '' ? {} : JSON.parse(text)) as Readonly<Record<string, unknown>>;
  const empty = { data: {}, auth: {}, errors: [], warnings: [] };
  const given = Object.fromEntries(Object.entries(parsed).filter(([, value]) => value !== null));
  return { ...empty, ...given, status };
}

/** The answer, if it is not an error; for set-up, where every refusal is a fault of the test. */
export async function done(answer: Promise<BaoAnswer>): Promise<BaoAnswer> {
  const given = await answer;
  if (given.status < 300) return given;
  throw new Error(`OpenBao answered ${String(given.status)}: ${given.errors.join('; ')}`);
}
