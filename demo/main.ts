import { basename } from 'node:path';
import { runBookstore } from './bookstore.ts';
import { runBookwarehouse } from './bookwarehouse.ts';
import { runShopper } from './shopper.ts';

const boughtCounters = [
  { field: 'booksBought', label: 'Books bought' },
  { field: 'booksBoughtV1', label: 'from bookstore v1' },
  { field: 'booksBoughtV2', label: 'from bookstore v2' },
  { field: 'failed', label: 'Refused or failed' },
];
const stolenCounters = [
  { field: 'booksBought', label: 'Books stolen' },
  { field: 'booksBoughtV1', label: 'from bookstore v1' },
  { field: 'booksBoughtV2', label: 'from bookstore v2' },
  { field: 'failed', label: 'Refused or failed' },
];

const apps: Readonly<Record<string, () => void | Promise<void>>> = {
  bookbuyer: () =>
    runShopper({
      name: 'bookbuyer',
      page: {
        title: 'Bookbuyer',
        subtitle:
          'An allowed customer: buys books as fast as the shop sells them, when the mesh allows it.',
        accent: '#2b6cb0',
        counters: boughtCounters,
      },
    }),
  bookthief: () =>
    runShopper({
      name: 'bookthief',
      page: {
        title: 'Bookthief',
        subtitle: 'Wants books without a policy that allows it.',
        accent: '#b23b3b',
        counters: stolenCounters,
      },
    }),
  bookstore: runBookstore,
  bookwarehouse: runBookwarehouse,
};

// One program, four names: the image holds it as /bookbuyer, /bookthief, /bookstore, /bookwarehouse.
const name = basename(process.argv[1] ?? '');
const app = apps[name];
if (app === undefined) {
  process.stderr.write(`call me by one of: ${Object.keys(apps).join(', ')}\n`);
  process.exit(2);
}
Promise.resolve(app()).catch((error: unknown) => {
  process.stderr.write(`${name} failed: ${String(error)}\n`);
  process.exit(1);
});
