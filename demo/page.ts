/** One number on a page: the JSON field of `/raw` it follows, and what to call it. */
export interface Counter {
  readonly field: string;
  readonly label: string;
}

export interface Page {
  readonly title: string;
  readonly subtitle: string;
  /** CSS colour of the accent. */
  readonly accent: string;
  readonly counters: readonly Counter[];
}

const style = `
  :root { color-scheme: light dark; --ink: #1c2330; --paper: #f6f7f9; --card: #fff; --line: #e2e5ea; --soft: #687182 }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e8ebf0; --paper: #12161d; --card: #1b212b; --line: #2b333f; --soft: #97a1b1 }
  }
  * { box-sizing: border-box }
  body { margin: 0; font: 16px/1.5 system-ui, "DejaVu Sans", sans-serif; color: var(--ink); background: var(--paper) }
  main { max-width: 58rem; margin: 0 auto; padding: 3rem 1.5rem }
  h1 { margin: 0; font-size: 2rem; letter-spacing: -.02em }
  p { margin: .25rem 0 2rem; color: var(--soft) }
  .grid { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)) }
  .card { background: var(--card); border: 1px solid var(--line); border-top: 4px solid var(--accent);
          border-radius: .6rem; padding: 1.25rem 1.5rem }
  .card b { display: block; font-size: 2.75rem; line-height: 1.1; font-variant-numeric: tabular-nums }
  .card span { color: var(--soft) }
  .rate { font-size: .85rem }
  footer { margin-top: 2rem; display: flex; justify-content: space-between; align-items: center; color: var(--soft) }
  button { font: inherit; padding: .4rem 1rem; border: 1px solid var(--line); border-radius: .4rem;
           background: var(--card); color: inherit; cursor: pointer }
`;

const script = `
  let last, since;
  async function tick() {
    const state = document.getElementById('state');
    try {
      const now = await (await fetch('raw')).json();
      const at = Date.now();
      for (const card of document.querySelectorAll('[data-field]')) {
        const field = card.dataset.field;
        card.querySelector('b').textContent = now[field].toLocaleString();
        if (last) {
          const rate = (now[field] - last[field]) / ((at - since) / 1000);
          card.querySelector('.rate').textContent = rate > 0 ? rate.toFixed(1) + ' a second' : 'at rest';
        }
      }
      last = now; since = at;
      state.textContent = now.lastOutcome ? 'last request: ' + now.lastOutcome : '';
    } catch { state.textContent = 'not reachable' }
  }
  tick(); setInterval(tick, 1000);
  document.getElementById('reset').onclick = () => fetch('reset', { method: 'POST' }).then(tick);
`;

/** A page whose counters follow `/raw` once a second. It loads nothing from anywhere else. */
export function renderPage(page: Page): string {
  const cards = page.counters
    .map(
      (counter) =>
        `<div class="card" data-field="${counter.field}"><span>${counter.label}</span><b>0</b><span class="rate">&nbsp;</span></div>`,
    )
    .join('\n');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${page.title}</title><style>${style} :root { --accent: ${page.accent} }</style></head>
<body><main><h1>${page.title}</h1><p>${page.subtitle}</p>
<div class="grid">${cards}</div>
<footer><span id="state"></span><button id="reset">Reset</button></footer>
</main><script>${script}</script></body></html>
`;
}
