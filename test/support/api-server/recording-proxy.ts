import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';

/** One request to the API server in the words of its access rules. */
export interface AskedFor {
  readonly verb: string;
  readonly group: string;
  /** With the subresource, if any: `meshconfigs/status`. */
  readonly resource: string;
  readonly namespace: string | undefined;
  /** Undefined where the request names no object. */
  readonly name: string | undefined;
  /** Answer of the API server. */
  readonly status: number;
}

/** Passes everything on to an API server, with the asker's own token, and writes down what was asked. */
export class RecordingProxy {
  readonly #upstream: string;
  readonly #agent: Agent;
  readonly #server: Server;
  readonly asked: AskedFor[] = [];

  constructor(upstream: { readonly url: string; readonly ca: string }) {
    this.#upstream = upstream.url;
    this.#agent = new Agent({ keepAlive: true, ca: upstream.ca });
    this.#server = createServer((request, response) => {
      this.#forward(request, response);
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
    this.#agent.destroy();
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const { method = 'GET', url = '/' } = request;
    const headers = { ...request.headers };
    delete headers.host;
    const onward = httpsRequest(
      new URL(url, this.#upstream),
      { method, headers, agent: this.#agent },
      (answer) => {
        this.asked.push(...readRequest(method, url, answer.statusCode ?? 0));
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        response.flushHeaders();
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  }
}

const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** The access a request needs; an apply that creates (201) needs two. */
function readRequest(method: string, url: string, status: number): AskedFor[] {
  const { pathname, searchParams } = new URL(url, 'http://api');
  const { name, ...place } = readPath(pathname);
  const selected = /^metadata\.name=([^,]+)$/.exec(searchParams.get('fieldSelector') ?? '')?.[1];
  const listing = searchParams.has('watch') ? 'watch' : 'list';
  const verb = verbs[method] ?? (name === undefined ? listing : 'get');
  const asked = { verb, ...place, name: name ?? selected, status };
  return verb === 'patch' && status === 201 ? [asked, { ...asked, verb: 'create' }] : [asked];
}

/** /api/v1/… or /apis/GROUP/VERSION/…, then [namespaces/NAMESPACE/]PLURAL[/NAME[/SUBRESOURCE]]. */
function readPath(
  pathname: string,
): Pick<AskedFor, 'group' | 'resource' | 'namespace'> & { readonly name: string | undefined } {
  const [root, ...rest] = pathname.split('/').slice(1);
  const [group = '', ...versioned] = root === 'api' ? ['', ...rest] : rest;
  const path = versioned.slice(1);
  const namespace = path[0] === 'namespaces' && path.length > 2 ? path[1] : undefined;
  const [plural = '', name, sub] = namespace === undefined ? path : path.slice(2);
  const resource = sub === undefined ? plural : `${plural}/${sub}`;
  return { group, resource, namespace, name };
}
