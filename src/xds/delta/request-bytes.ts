import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { WeftError } from '../../common/errors.ts';

/** What Weft reads of an envoy.service.discovery.v3.DeltaDiscoveryRequest. `node` is never looked at. */
export interface DeltaRequest {
  readonly typeUrl: string;
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  readonly initialVersions: ReadonlyMap<string, string>;
  /** Nonce of the response that this request answers; '' when it answers none. */
  readonly nonce: string;
  /** The client's words when it refuses that response. */
  readonly error: string | undefined;
}

interface Draft {
  typeUrl: string;
  subscribe: string[];
  unsubscribe: string[];
  initialVersions: Map<string, string>;
  nonce: string;
  error: string | undefined;
}

type FieldReader = (reader: BinaryReader, draft: Draft) => void;

/** Field numbers of DeltaDiscoveryRequest (envoy/service/discovery/v3/discovery.proto). */
const fields: Readonly<Record<number, FieldReader>> = {
  2: (reader, draft) => (draft.typeUrl = reader.string()),
  3: (reader, draft) => draft.subscribe.push(reader.string()),
  4: (reader, draft) => draft.unsubscribe.push(reader.string()),
  5: (reader, draft) => {
    const { first, second } = readTwoStrings(reader);
    draft.initialVersions.set(first, second);
  },
  6: (reader, draft) => (draft.nonce = reader.string()),
  7: (reader, draft) => (draft.error = readTwoStrings(reader).second),
};

/**
 * Reads a request without touching `node`, which is what a client claims about itself and makes up
 * most of its first message. Throws WeftError `protocol-violation` for bytes that are no such
 * message and for more than `maxNames` names.
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

/** Reads a nested message of which only the strings in fields 1 and 2 matter (map entry, Status). */
function readTwoStrings(reader: BinaryReader): { first: string; second: string } {
  const end = reader.uint32() + reader.pos;
  if (end > reader.len) throw new Error('nested message is cut short');
  const strings = { first: '', second: '' };
  while (reader.pos < end) {
    const [field, wireType] = reader.tag();
    if (wireType === WireType.LengthDelimited && field === 1) strings.first = reader.string();
    else if (wireType === WireType.LengthDelimited && field === 2) strings.second = reader.string();
    else reader.skip(wireType, field);
  }
  return strings;
}
