/** Prefixes of the codes by which OpenSSL and Node report a certificate that is not trusted. Waiting does not help. */
const codes = /^(CERT_|DEPTH_ZERO_|ERR_TLS_CERT|SELF_SIGNED_|UNABLE_TO_)/;

/** Whether an error's code says that a server's certificate was not trusted. */
export function isDistrust(code: string): boolean {
  return codes.test(code);
}
