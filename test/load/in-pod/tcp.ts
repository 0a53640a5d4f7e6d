import { connect, type Socket } from 'node:net';
import { type Channel, type OnBreak, reasonOf, type Target, Waiting } from './exchange.ts';

/** A new connection for each line. */
export function tcpNew({ address, port, timeoutMs }: Target): Channel {
  const exchange = (token: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: address, port });
      const line = `${token}\n`;
      let heard = '';
      socket.setEncoding('utf8').on('data', (part: string) => {
        heard += part;
        if (heard.length < line.length) return;
        if (heard === line) resolve();
        else reject(new Error(`a wrong answer: ${heard.slice(0, 120)}`));
        socket.end();
      });
      socket.setTimeout(timeoutMs, () => socket.destroy());
      socket.on('error', reject);
      socket.on('close', () => {
        reject(new Error('closed without an answer'));
      });
      socket.write(line);
    });
  return { exchange, close: () => undefined };
}

/** Lines over one connection that lives on; after a break the next line opens another one. */
export function tcpStream(target: Target, onBreak: OnBreak): Channel {
  const waiting = new Waiting();
  let current: Socket | undefined;
  let closed = false;
  const open = (): Socket => {
    const socket = connect({ host: target.address, port: target.port, noDelay: true });
    let rest = '';
    let reason = 'the server closed the connection';
    socket.setEncoding('utf8').on('data', (part: string) => {
      const lines = (rest + part).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) waiting.came(line);
    });
    socket.on('error', (error) => (reason = reasonOf(error)));
    socket.on('close', () => {
      current = undefined;
      if (closed) return;
      onBreak(reason);
      waiting.broke(reason);
    });
    return socket;
  };
  return {
    exchange: (token) => {
      current ??= open();
      const answer = waiting.wait(token);
      current.write(`${token}\n`);
      return answer;
    },
    close: () => {
      closed = true;
      current?.destroy();
    },
  };
}
