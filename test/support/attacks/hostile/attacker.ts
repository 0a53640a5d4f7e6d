/* Hostile clients in a process of their own: they cost the honest one nothing but what the server gives. */
import { kinds } from './kinds.ts';
import type { Orders } from './words.ts';

process.on('uncaughtException', (error) => {
  const { code } = error as { code?: string };
  if (!/^(E[A-Z]+|ERR_)/.test(code ?? '')) throw error;
});
process.once('disconnect', () => process.exit());
process.on('message', ({ place, kinds: names, each }: Orders) => {
  for (const name of names) {
    const attack = kinds[name];
    if (attack === undefined) throw new Error(`no attack is called ${name}`);
    for (let number = 0; number < each; number += 1)
      attack(place, `${name.replaceAll(/[^a-z]+/g, '-')}-${number}`);
  }
  process.send?.('begun');
});
process.send?.('ready');
