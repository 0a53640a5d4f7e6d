/* Runs in a server pod: gives back what it is sent. On SIGTERM it ends at once. */
import { serveEcho } from './echo-server.ts';
import { podPorts } from './plan.ts';

await serveEcho(podPorts);
process.on('SIGTERM', () => process.exit(0));
