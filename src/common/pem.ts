/** PEM text of one DER value, ending in a line feed (RFC 7468). */
export function pemOf(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** The DER of each CERTIFICATE block in `text`, in order; other text and blocks are passed over. */
export function certificateBlocks(text: string): Buffer[] {
  const begin = '-----BEGIN CERTIFICATE-----';
  const end = '-----END CERTIFICATE-----';
  return text
    .split(begin)
    .slice(1)
    .filter((rest) => rest.includes(end))
    .map((rest) => Buffer.from(rest.slice(0, rest.indexOf(end)), 'base64'));
}
