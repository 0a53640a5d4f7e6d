import { routeGroupReader } from './route-group/read.ts';
import { tcpRouteReader } from './tcp-route/read.ts';
import { trafficSplitReader } from './traffic-split/read.ts';
import { trafficTargetReader } from './traffic-target/read.ts';

/** The readers of SMI's kinds. */
export const smiReaders = {
  TrafficTarget: trafficTargetReader,
  HTTPRouteGroup: routeGroupReader,
  TCPRoute: tcpRouteReader,
  TrafficSplit: trafficSplitReader,
};
