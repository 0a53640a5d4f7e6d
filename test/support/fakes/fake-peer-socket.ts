import type { PeerSocket } from '../../../src/xds/port/gated-connection.ts';

/** A connection that only notes what is done to it. */
export class FakePeerSocket implements PeerSocket {
  bytesRead = 0;
  entered = false;
  isCut = false;
  readonly address: string;

  constructor(address: string) {
    this.address = address;
  }

  startTls(): void {
    this.entered = true;
  }

  cut(): void {
    this.isCut = true;
  }
}
