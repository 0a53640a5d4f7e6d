import {
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import { prefixBytes } from '../delta/message-prefix.ts';

/** Removes the framing of a message, for a grpc-js that adds its own. */
export function unframed(framed: Buffer): Buffer {
  return framed.subarray(prefixBytes);
}

const asItIs = (framed: Buffer): Buffer => framed;

/**
 * Sends the framed messages of one method as they are. grpc-js would copy each message for each stream. When many
 * clients connect at once, these copies are most of what is allocated, and collecting them takes half of all CPU. Where
 * grpc-js no longer has this inner step, it serializes the message with `unframed` and copies it (docs/decisions/0021).
 */
export function sendFramed(path: string): ServerInterceptor {
  return (method, call) => {
    if (method.path === path && serializes(call)) call.serializeMessage = asItIs;
    return new ServerInterceptingCall(call);
  };
}

/** The innermost call of grpc-js has this method, although its types declare it private. */
function serializes(
  call: ServerInterceptingCallInterface,
): call is ServerInterceptingCallInterface & { serializeMessage: (message: Buffer) => Buffer } {
  return 'serializeMessage' in call && typeof call.serializeMessage === 'function';
}
