/** Codes of OpenSSL and Node that say of a certificate that it is not to be trusted: waiting does not help. */
const codes = /^(CERT_|DEPTH_ZERO_|ERR_TLS_CERT|SELF_SIGNED_|UNABLE_TO_)/;

/** Whether an error's code says that a server's certificate was not trusted. */
export function isDistrust(code: string): boolean {
  return codes.test(code);
}
