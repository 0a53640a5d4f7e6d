import type { Proxy } from '../../policy/proxy.ts';
import type { Session } from '../delta/session.ts';
import type { ResourceSet } from '../resources/resource.ts';
import type { Stream } from './evidence.ts';

/** An open stream, as far as evidence needs it. */
export interface CountedStream {
  readonly proxy: Proxy;
  readonly session: Pick<Session, 'offered' | 'outstandingParts' | 'refusals'>;
  /** Whether it has been behind for long. */
  readonly isLate: boolean;
}

/** The open streams, grouped by what they are offered, with those set apart that are not in sync. */
export interface CountedStreams extends Iterable<CountedStream> {
  readonly size: number;
  /** Streams that did not acknowledge everything offered to them; often none. */
  readonly unsettled: ReadonlySet<CountedStream>;
  /** How many streams are offered each set. */
  readonly groups: ReadonlyMap<ResourceSet, number>;
  /** The step of the certificate that new streams are opened on; 0 before the first. */
  readonly channel: number;
  /** Streams opened before the certificate of `channel` served every new connection. */
  readonly outdated: ReadonlySet<CountedStream>;
  /** By the uid of their pod. The same map while no stream opens or closes. */
  readonly streams: ReadonlyMap<string, Stream>;
}
