/** Jest's globalTeardown: stops what `global-api-server.ts` started. */
export default async function teardown(): Promise<void> {
  await globalThis.weftTestApiServer?.stop();
}
