import type { TestPod } from './pod.ts';

/** A sender of bytes to one address, on connections of the pod's application. */
export interface RawSender {
  /**
   * What comes back within a second for the very bytes of `text`. `\r`, `\n` and `\xff` in the text are
   * read as in C; `then` follows on the same connection after the first answer.
   */
  (text: string, then?: string): Promise<string>;
}

export function rawSender(pod: TestPod, address: string, port: number): RawSender {
  const script = [
    // Envoy may end the connection while bash still writes.
    "trap '' PIPE",
    `exec 3<>/dev/tcp/${address}/${String(port)}`,
    'printf "$1" >&3',
    'if [ -n "$2" ]; then sleep 0.4; printf "$2" >&3; fi',
    'timeout 1 cat <&3 || true',
  ].join('; ');
  return (text, then = '') =>
    pod.exec([
      'bash',
      '-c',
      script,
      '-',
      ...[text, then].map((some) => some.replaceAll('%', '%%')),
    ]);
}

/** An HTTP/1.1 request without body, as text to send. */
export function requestText(start: string, ...headers: string[]): string {
  return [`${start} HTTP/1.1`, ...headers, '', ''].join('\\r\\n');
}

/** The status of each answer in what came back. */
export function statuses(answer: string): number[] {
  return [...answer.matchAll(/^HTTP\/1\.[01] (\d{3})/gm)].map(([, status]) => Number(status));
}
