import { compileRouteGroup } from './route-group.ts';
import { compileTcpRoute } from './tcp-route.ts';
import { readSplit } from './traffic-split.ts';
import { readTrafficTarget } from './traffic-target.ts';
import type { DiagnosticCode } from '../policy/diagnostic.ts';

const codes = (...all: readonly DiagnosticCode[]): readonly DiagnosticCode[] => all;

/** The readers of SMI's kinds. */
export const smiReaders = {
  TrafficTarget: {
    read: readTrafficTarget,
    refused: codes(
      'object-malformed',
      'target-namespace-mismatch',
      'target-without-source',
      'target-without-rule',
    ),
  },
  HTTPRouteGroup: {
    read: compileRouteGroup,
    refused: codes('object-malformed', 'route-regex-invalid'),
  },
  TCPRoute: { read: compileTcpRoute, refused: codes('object-malformed') },
  TrafficSplit: { read: readSplit, refused: codes('object-malformed', 'split-without-weight') },
};
