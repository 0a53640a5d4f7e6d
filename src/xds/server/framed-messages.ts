import {
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';

/** What gRPC puts before each message: a flag for compression, and the length. */
const headerBytes = 5;

/** Undoes the framing of a message, for a grpc-js that puts its own around it. */
export function unframed(framed: Buffer): Buffer {
  return framed.subarray(headerBytes);
}

const asItIs = (framed: Buffer): Buffer => framed;

/**
 * Lets the framed messages of one method go out as they are. grpc-js would copy each for each
 * stream: in a storm of connections that is most of what is allocated, and half of all CPU is then
 * spent on collecting it. Where grpc-js has no such inner step any more, it serializes the message
 * with `unframed` and copies it.
 */
export function sendFramed(path: string): ServerInterceptor {
  return (method, call) => {
    if (method.path === path && serializes(call)) call.serializeMessage = asItIs;
    return new ServerInterceptingCall(call);
  };
}

/** The innermost call of grpc-js has it, though its types call it private. */
function serializes(
  call: ServerInterceptingCallInterface,
): call is ServerInterceptingCallInterface & { serializeMessage: (message: Buffer) => Buffer } {
  return 'serializeMessage' in call && typeof call.serializeMessage === 'function';
}
