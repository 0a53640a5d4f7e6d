import { controlPlaneName } from '../api/control-plane-names.ts';
import { systemClock as clock } from '../common/clock.ts';
import type { Component } from '../common/component.ts';
import type { Logger } from '../common/logger.ts';
import { type Check, createHealthServer } from '../connections/health-server.ts';
import { connect } from '../kubernetes/connect.ts';
import { runAsLeader } from '../kubernetes/lease.ts';
import { assemble } from './assemble.ts';
import type { ControlPlaneContext } from './context.ts';
import { watchEventLoop } from './event-loop.ts';
import type { ControlPlaneOptions } from './options.ts';
import { type Lead, runComponents } from './run-components.ts';

/** Runs one replica of the control plane until the signal aborts. */
export async function runControlPlane(
  options: ControlPlaneOptions,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const { kubeconfig, ports, version } = options;
  const client = await connect(kubeconfig === undefined ? {} : { kubeconfig });
  const context = { options, logger, client, clock, random: Math.random };
  try {
    const parts = assemble(context);
    const eventLoop = watchEventLoop(clock);
    const health = createHealthServer({
      port: ports.health,
      live: [eventLoop.check],
      ready: parts.flatMap(checkOf),
    });
    logger.info('control plane starts', { version });
    await runComponents(
      [eventLoop.part, health, ...parts],
      { lead: leadOf(context), logger },
      signal,
    );
  } finally {
    await client.close();
  }
}

function checkOf(part: Component): readonly Check[] {
  return part.problem === undefined ? [] : [{ name: part.name, problem: () => part.problem?.() }];
}

function leadOf({ client, logger, options }: ControlPlaneContext): Lead {
  const contender = {
    ...{ client, clock, random: Math.random, log: logger.with({ part: 'leader' }) },
    ...{ namespace: options.namespace, name: controlPlaneName, identity: options.podName },
  };
  return (work, signal) => runAsLeader(contender, work, signal);
}
