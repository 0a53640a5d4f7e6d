import { lookup } from 'node:dns/promises';
import type { Channel, OnBreak, Target } from './exchange.ts';
import { grpcStream, grpcUnary } from './grpc.ts';
import { http1 } from './http1.ts';
import { type LoadKind, loadKinds, type LoadPlan } from './plan.ts';
import { Tally } from './tally.ts';
import { tcpNew, tcpStream } from './tcp.ts';

/** One kind of traffic: the way it takes, and how it goes. */
export interface Lane {
  readonly kind: LoadKind;
  readonly channel: Channel;
  readonly tally: Tally;
  /** Another token than any before, of as many characters as fit the eye. */
  readonly nextToken: () => string;
}

/** One lane for each kind with a rate above zero; it connects at its first exchange. */
export async function openLanes(
  { host, ports, rates, timeoutMs }: LoadPlan,
  onBreak: (kind: LoadKind, tally: Tally, reason: string) => void,
): Promise<readonly Lane[]> {
  // Asked once, so that new connections do not test the cluster's DNS.
  const { address } = await lookup(host, 4);
  const at = (port: number): Target => ({ address, port, authority: host, timeoutMs });
  const channels: Readonly<Record<LoadKind, (broken: OnBreak) => Channel>> = {
    http1: () => http1(at(ports.http), 'kept'),
    'http1-new': () => http1(at(ports.http), 'new'),
    'grpc-unary': () => grpcUnary(at(ports.grpc)),
    'grpc-stream': (broken) => grpcStream(at(ports.grpc), broken),
    'tcp-new': () => tcpNew(at(ports.tcp)),
    'tcp-stream': (broken) => tcpStream(at(ports.tcp), broken),
  };
  return loadKinds
    .filter((kind) => rates[kind] > 0)
    .map((kind) => {
      const tally = new Tally();
      const channel = channels[kind]((reason) => {
        onBreak(kind, tally, reason);
      });
      let last = 0;
      return { kind, channel, tally, nextToken: () => `${kind}-${(last += 1)}` };
    });
}
