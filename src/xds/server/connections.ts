import type { ResourceSet } from '../resources/resource.ts';
import type { Connection } from './connection.ts';
import type { Stream } from './evidence.ts';

/** The open streams, grouped by what they are offered, with those set apart that are not in sync. */
export class Connections {
  readonly #open = new Set<Connection>();
  readonly #byUid = new Map<string, Connection>();
  readonly #unsettled = new Set<Connection>();
  readonly #groups = new Map<ResourceSet, number>();
  readonly #groupOf = new Map<Connection, ResourceSet>();
  /** Streams that were opened on an older certificate than the newest one. */
  readonly #outdated = new Set<Connection>();
  /** What streams make the process keep, of those that do. */
  readonly #burdens = new Map<Connection, number>();
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
    return this.#burdens.get(connection) ?? 0;
  }

  /** The stream that most is kept for. */
  heaviest(): Connection | undefined {
    let [found, most]: [Connection | undefined, number] = [undefined, 0];
    for (const [connection, bytes] of this.#burdens) {
      if (bytes <= most) continue;
      [found, most] = [connection, bytes];
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

  /** The streams by the uid of their pod. The same map while nobody comes or goes. */
  get streams(): ReadonlyMap<string, Stream> {
    this.#streams ??= new Map(
      [...this.#open].map(({ proxy: { uid, pod }, opened }) => [uid, { pod, opened }]),
    );
    return this.#streams;
  }

  /** From now on new streams are opened on the certificate of this step; those there are, are not. */
  renewChannel(step: number): void {
    this.#channel = step;
    for (const connection of this.#open) this.#outdated.add(connection);
    this.#onChange();
  }

  /** The certificate that serves already is of this step as well. */
  keepChannel(step: number): void {
    this.#channel = step;
    this.#onChange();
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#open.values();
  }

  byUid(uid: string): Connection | undefined {
    return this.#byUid.get(uid);
  }

  /** A pod has one stream: an older one is returned and is no longer kept here. */
  add(connection: Connection): Connection | undefined {
    const older = this.#byUid.get(connection.proxy.uid);
    if (older !== undefined) this.remove(older);
    this.#open.add(connection);
    this.#byUid.set(connection.proxy.uid, connection);
    this.#unsettled.add(connection);
    this.#streams = undefined;
    this.#onChange();
    return older;
  }

  /** Whether it was there. */
  remove(connection: Connection): boolean {
    if (!this.#open.delete(connection)) return false;
    if (this.#byUid.get(connection.proxy.uid) === connection)
      this.#byUid.delete(connection.proxy.uid);
    this.#unsettled.delete(connection);
    this.#outdated.delete(connection);
    this.#weigh(connection, 0);
    this.#streams = undefined;
    this.#leaveGroup(connection);
    this.#onChange();
    return true;
  }

  /** To be called after a session was given something: an offer or a request. */
  note(connection: Connection): void {
    if (!this.#open.has(connection)) return;
    const set = connection.session.offered;
    if (set !== undefined && this.#groupOf.get(connection) !== set) {
      this.#leaveGroup(connection);
      this.#groupOf.set(connection, set);
      this.#groups.set(set, (this.#groups.get(set) ?? 0) + 1);
    }
    this.#weigh(connection, connection.session.burden);
    if (connection.session.synced) this.#unsettled.delete(connection);
    else this.#unsettled.add(connection);
    this.#onChange();
  }

  #weigh(connection: Connection, bytes: number): void {
    const before = this.#burdens.get(connection) ?? 0;
    if (before === bytes) return;
    this.#burden += bytes - before;
    if (bytes === 0) this.#burdens.delete(connection);
    else this.#burdens.set(connection, bytes);
  }

  #leaveGroup(connection: Connection): void {
    const set = this.#groupOf.get(connection);
    if (set === undefined) return;
    this.#groupOf.delete(connection);
    const members = (this.#groups.get(set) ?? 0) - 1;
    if (members > 0) this.#groups.set(set, members);
    else this.#groups.delete(set);
  }
}
