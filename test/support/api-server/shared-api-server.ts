import type { ApiServer } from '../../../tools/real/api-server.ts';

/** The API server that this run's feature tests share; see `global-setup.ts`. */
export function sharedApiServer(): Omit<ApiServer, 'stop'> {
  const described = process.env['WEFT_TEST_API'];
  if (described === undefined)
    throw new Error('no shared API server: feature tests run under `make feature`');
  return JSON.parse(described) as Omit<ApiServer, 'stop'>;
}
