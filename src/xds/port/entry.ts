import type { SecurePort } from './secure-port.ts';

/** What becomes of a call, for the connection it came on. Each may be said once, in this order. */
export interface Entry {
  admitted(uid: string): void;
  /** It was not admitted: the connection goes, unless another call on it is. */
  refused(): void;
  /** What came before is a whole message of so many bytes, with little around it. */
  messageEnded(bytes: number): void;
  /** It is over. The client's next call is expected on this connection, unless it is elsewhere. */
  ended(elsewhere: boolean): void;
}

/** The way in of a call that came at the port. */
export function entryOf(port: SecurePort, call: { getPeer(): string }): Entry {
  const { lobby } = port;
  const guest = port.guestOf(call);
  if (guest === undefined) return closedAlready;
  lobby.asks(guest);
  let isIn = false;
  return {
    admitted: (uid) => {
      isIn = true;
      guest.uid = uid;
      lobby.admitted(guest);
    },
    refused: () => lobby.refused(guest),
    messageEnded: (bytes) => lobby.messageEnded(guest, bytes),
    ended: (elsewhere) => {
      if (!isIn) return;
      isIn = false;
      lobby.ended(guest, elsewhere);
    },
  };
}

const closedAlready: Entry = {
  admitted: () => undefined,
  refused: () => undefined,
  messageEnded: () => undefined,
  ended: () => undefined,
};
