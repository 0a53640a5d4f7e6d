import type { Visitor } from '../../../src/xds/port/guest.ts';

/** A connection that only notes what is done to it. */
export class FakeVisitor implements Visitor {
  bytesRead = 0;
  entered = false;
  isCut = false;
  readonly address: string;

  constructor(address: string) {
    this.address = address;
  }

  enter(): void {
    this.entered = true;
  }

  cut(): void {
    this.isCut = true;
  }
}
