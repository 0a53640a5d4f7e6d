import type { ResourceSet } from '../resources/resource.ts';
import type { Connection } from './connection.ts';
import type { Stream } from '../evidence/evidence.ts';

/** An open stream as it was last noted. */
interface Noted {
  /** The set that it is offered. */
  set: ResourceSet | undefined;
  /** Bytes kept for the stream besides that set. */
  burden: number;
}

/** The open streams, grouped by the set that they are offered; streams that are not in sync are kept separately. */
export class Connections {
  readonly #open = new Map<Connection, Noted>();
  readonly #byUid = new Map<string, Connection>();
  readonly #unsettled = new Set<Connection>();
  readonly #groups = new Map<ResourceSet, number>();
  /** Streams that were opened on an older certificate than the newest one. */
  readonly #outdated = new Set<Connection>();
  /** Bytes kept for all streams beside what is offered to them. */
  #burden = 0;
  #channel = 0;
  #streams: ReadonlyMap<string, Stream> | undefined;
  readonly #onChange: () => void;

  /** `onChange` is called after anything changed that evidence may depend on. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Streams that did not acknowledge everything offered to them; often none. */
  get unsettled(): ReadonlySet<Connection> {
    return this.#unsettled;
  }

  /** How many streams are offered each set. */
  get groups(): ReadonlyMap<ResourceSet, number> {
    return this.#groups;
  }

  /** Bytes kept for all streams beside what is offered to them. */
  get burden(): number {
    return this.#burden;
  }

  /** Bytes kept for a stream, as last noted. */
  burdenOf(connection: Connection): number {
    return this.#open.get(connection)?.burden ?? 0;
  }

  /** The stream for which the most bytes are kept. */
  heaviest(): Connection | undefined {
    let [found, most]: [Connection | undefined, number] = [undefined, 0];
    for (const [connection, { burden }] of this.#open) {
      if (burden <= most) continue;
      [found, most] = [connection, burden];
    }
    return found;
  }

  /** The step of the certificate that new streams are opened on. */
  get channel(): number {
    return this.#channel;
  }

  /** Streams opened before the certificate of `channel` served every new connection. */
  get outdated(): ReadonlySet<Connection> {
    return this.#outdated;
  }

  /** The streams by the uid of their pod. The same map while no stream opens or closes. */
  get streams(): ReadonlyMap<string, Stream> {
    this.#streams ??= new Map(
      [...this].map(({ proxy: { uid, pod }, opened }) => [uid, { pod, opened }]),
    );
    return this.#streams;
  }

  /** From now on new streams are opened on the certificate of this step. Present streams become outdated. */
  rotateConnections(step: number): void {
    this.#channel = step;
    for (const connection of this) this.#outdated.add(connection);
    this.#onChange();
  }

  /** The present certificate is also that of this step. */
  keepConnections(step: number): void {
    this.#channel = step;
    this.#onChange();
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#open.keys();
  }

  byUid(uid: string): Connection | undefined {
    return this.#byUid.get(uid);
  }

  /** Adds a stream. A pod has one stream: an older one is removed here and returned. */
  add(connection: Connection): Connection | undefined {
    const older = this.#byUid.get(connection.proxy.uid);
    if (older !== undefined) this.remove(older);
    this.#open.set(connection, { set: undefined, burden: 0 });
    this.#byUid.set(connection.proxy.uid, connection);
    this.#unsettled.add(connection);
    this.#streams = undefined;
    this.#onChange();
    return older;
  }

  /** Returns whether the stream was there. */
  remove(connection: Connection): boolean {
    const noted = this.#open.get(connection);
    if (noted === undefined) return false;
    this.#open.delete(connection);
    if (this.#byUid.get(connection.proxy.uid) === connection)
      this.#byUid.delete(connection.proxy.uid);
    this.#unsettled.delete(connection);
    this.#outdated.delete(connection);
    this.#weigh(noted, 0);
    this.#streams = undefined;
    this.#join(noted, undefined);
    this.#onChange();
    return true;
  }

  /** Call this after a session was given an offer or a request. */
  note(connection: Connection): void {
    const noted = this.#open.get(connection);
    if (noted === undefined) return;
    const { offered, burden, synced } = connection.session;
    if (noted.set !== offered) this.#join(noted, offered);
    if (noted.burden !== burden) this.#weigh(noted, burden);
    if (synced) this.#unsettled.delete(connection);
    else this.#unsettled.add(connection);
    this.#onChange();
  }

  #weigh(noted: Noted, burden: number): void {
    this.#burden += burden - noted.burden;
    noted.burden = burden;
  }

  #join(noted: Noted, set: ResourceSet | undefined): void {
    const { set: before } = noted;
    noted.set = set;
    if (set !== undefined) this.#groups.set(set, (this.#groups.get(set) ?? 0) + 1);
    if (before === undefined) return;
    const members = (this.#groups.get(before) ?? 0) - 1;
    if (members > 0) this.#groups.set(before, members);
    else this.#groups.delete(before);
  }
}
