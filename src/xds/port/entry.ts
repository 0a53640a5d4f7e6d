import type { SecurePort } from './secure-port.ts';

/** Reports the outcome of a call to its connection. Each method may be called once, in this order. */
export interface Entry {
  admitted(uid: string): void;
  /** The call was not admitted: its connection is closed, unless another call on it is admitted. */
  refused(): void;
  /** The bytes before were a whole message of this size, with little around it. */
  messageEnded(bytes: number): void;
  /** The call is over. The client's next call is expected on this connection, unless it is `elsewhere`. */
  ended(elsewhere: boolean): void;
}

/** The entry of a call that arrived at the port. */
export function entryOf(port: SecurePort, call: { getPeer(): string }): Entry {
  const { gate } = port;
  const connection = port.connectionOf(call);
  if (connection === undefined) return closedAlready;
  gate.asks(connection);
  let isIn = false;
  return {
    admitted: (uid) => {
      isIn = true;
      connection.uid = uid;
      gate.admitted(connection);
    },
    refused: () => gate.refused(connection),
    messageEnded: (bytes) => gate.messageEnded(connection, bytes),
    ended: (elsewhere) => {
      if (!isIn) return;
      isIn = false;
      gate.ended(connection, elsewhere);
    },
  };
}

const closedAlready: Entry = {
  admitted: () => undefined,
  refused: () => undefined,
  messageEnded: () => undefined,
  ended: () => undefined,
};
