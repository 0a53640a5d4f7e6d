/** A signal that aborts on SIGTERM or SIGINT. The second of these ends the process at once. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(1);
      stop.abort(new Error(`stopped by ${name}`));
    });
  }
  return stop.signal;
}
