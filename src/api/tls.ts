// TLS names that Envoy accepts, each tried on Envoy 1.40. One name that Envoy does not know makes it refuse every
// listener and cluster of the mesh.

/** For spec.sidecar.cipherSuites: TLS up to 1.2, by OpenSSL's names. */
export const cipherSuites: readonly string[] = [
  ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  ...['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA'],
  ...['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ...['ECDHE-RSA-AES128-SHA256', 'ECDHE-RSA-AES128-SHA', 'ECDHE-RSA-AES256-SHA'],
  ...['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'AES128-SHA', 'AES256-SHA'],
];

/** For spec.sidecar.ecdhCurves. */
export const ecdhCurves: readonly string[] = [
  'X25519',
  'P-256',
  'P-384',
  'P-521',
  'X25519MLKEM768',
];
