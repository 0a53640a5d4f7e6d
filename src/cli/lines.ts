/** A label and the lines that belong to it. */
export type Field = readonly [label: string, ...lines: readonly string[]];

/** Labels in a column of that width, what they say beside it. A field without lines is left out. */
export function fieldLines(fields: readonly Field[], width: number): readonly string[] {
  return fields.flatMap(([label, ...lines]) =>
    lines.map((line, index) => `${(index === 0 ? label : '').padEnd(width)}${printable(line)}`),
  );
}

/** Rows below a head, each column as wide as its widest cell. Empty cells are shown as `-`. */
export function columnLines(rows: readonly (readonly string[])[]): readonly string[] {
  const cells = rows.map((row) => row.map((cell) => (cell === '' ? '-' : printable(cell))));
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd((widths[column] ?? 0) + 3))
      .join('')
      .trimEnd(),
  );
}

/** On one line, and without control characters: text of objects must not control the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[^\S ]+/g, ' ').replaceAll(/[\p{Cc}\p{Cf}]/gu, '');
}
