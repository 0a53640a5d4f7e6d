const always = ['timestamp', 'level', 'message', 'process'];

/** A line of the program's JSON log as `time level message field=value …`; any other line as it is. */
export function readableLine(line: string): string {
  const entry = entryIn(line);
  if (entry === undefined) return line;
  const { timestamp, level, message } = entry;
  const fields = Object.entries(entry).filter(([name]) => !always.includes(name));
  const time = text(timestamp)
    .replace(/^[^T]*T/, '')
    .replace(/Z$/, '');
  const facts = fields.map(([name, value]) => `${name}=${text(value)}`);
  return [time, text(level).padEnd(5), text(message), ...facts].join(' ');
}

function entryIn(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry = JSON.parse(line) as Readonly<Record<string, unknown>>;
    return typeof entry['message'] === 'string' ? entry : undefined;
  } catch {
    return undefined;
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
