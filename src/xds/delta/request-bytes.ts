import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { WeftError } from '../../common/errors.ts';

/** The parts of an envoy.service.discovery.v3.DeltaDiscoveryRequest that Weft reads. It never reads `node`. */
export interface DeltaRequest {
  readonly typeUrl: string;
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  readonly initialVersions: ReadonlyMap<string, string>;
  /** Nonce of the response that this request answers; '' when it answers none. */
  readonly nonce: string;
  /** The text of a NACK, cut if it is long; undefined when the request is no NACK. */
  readonly error: string | undefined;
  /** Whether the text was cut. */
  readonly errorIsCut?: boolean;
}

/** Whether the request carries no NACK, no subscription and no versions: it can only be an ACK. */
export function isMereAcknowledgement(request: DeltaRequest): boolean {
  const { subscribe, unsubscribe, initialVersions, error } = request;
  return error === undefined && subscribe.length + unsubscribe.length + initialVersions.size === 0;
}

/** The longest name, version or nonce, in bytes. */
const maxNameBytes = 1_024;
/** Bytes kept of a NACK's text. */
const maxErrorBytes = 4_096;

interface Draft {
  typeUrl: string;
  subscribe: string[];
  unsubscribe: string[];
  initialVersions: Map<string, string>;
  nonce: string;
  error: string | undefined;
  errorIsCut?: boolean;
}

type FieldReader = (reader: BinaryReader, draft: Draft) => void;

/** Field numbers of DeltaDiscoveryRequest (envoy/service/discovery/v3/discovery.proto). */
const fields: Readonly<Record<number, FieldReader>> = {
  2: (reader, draft) => (draft.typeUrl = readName(reader)),
  3: (reader, draft) => draft.subscribe.push(readName(reader)),
  4: (reader, draft) => draft.unsubscribe.push(readName(reader)),
  5: (reader, draft) => {
    const entry = { key: '', value: '' };
    readNested(reader, {
      1: () => (entry.key = readName(reader)),
      2: () => (entry.value = readName(reader)),
    });
    draft.initialVersions.set(entry.key, entry.value);
  },
  6: (reader, draft) => (draft.nonce = readName(reader)),
  7: (reader, draft) => {
    draft.error = '';
    readNested(reader, { 2: () => readError(reader, draft) });
  },
};

const utf8 = new TextDecoder();

function readName(reader: BinaryReader): string {
  const bytes = reader.bytes();
  if (bytes.length > maxNameBytes) throw new Error(`a name of more than ${maxNameBytes} bytes`);
  return utf8.decode(bytes);
}

/** Decodes only what is kept. A character that the cut splits is left out. */
function readError(reader: BinaryReader, draft: Draft): void {
  const bytes = reader.bytes();
  if (bytes.length <= maxErrorBytes) draft.error = utf8.decode(bytes);
  else {
    draft.error = new TextDecoder().decode(bytes.subarray(0, maxErrorBytes), { stream: true });
    draft.errorIsCut = true;
  }
}

/**
 * Reads a request without touching `node`, which is what a client claims about itself and makes up most of its first
 * message. Throws WeftError `protocol-violation` for bytes that are not such a message, for more than `maxNames` names
 * and for a name that is too long. The result does not refer to the bytes.
 */
export function readRequest(bytes: Uint8Array, maxNames: number): DeltaRequest {
  const draft: Draft = {
    typeUrl: '',
    subscribe: [],
    unsubscribe: [],
    initialVersions: new Map(),
    nonce: '',
    error: undefined,
  };
  try {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      const read = wireType === WireType.LengthDelimited ? fields[field] : undefined;
      if (read === undefined) reader.skip(wireType, field);
      else read(reader, draft);
      if (countNames(draft) > maxNames) throw new Error(`more than ${maxNames} names`);
    }
  } catch (thrown) {
    throw new WeftError('protocol-violation', 'malformed discovery request', { cause: thrown });
  }
  return draft;
}

function countNames(draft: Draft): number {
  return draft.subscribe.length + draft.unsubscribe.length + draft.initialVersions.size;
}

/** Reads a nested message of which only some fields, all of them bytes, matter (map entry, Status). */
function readNested(reader: BinaryReader, known: Readonly<Record<number, () => void>>): void {
  const end = reader.uint32() + reader.pos;
  if (end > reader.len) throw new Error('nested message is cut short');
  while (reader.pos < end) {
    const [field, wireType] = reader.tag();
    const read = wireType === WireType.LengthDelimited ? known[field] : undefined;
    if (read === undefined) reader.skip(wireType, field);
    else read();
  }
}
