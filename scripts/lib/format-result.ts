import type { QueryResult } from "pg";

/** The values of a row, as the database sends them. */
type TextResult = Pick<QueryResult, "command" | "rowCount"> & {
  readonly fields: readonly { readonly name: string }[];
  readonly rows: readonly (readonly (string | null)[])[];
};

/**
 * Formats the result of a statement for the terminal: a table with the number of rows, or the command
 * and how many rows it changed.
 */
export function formatResult({ command, rowCount, fields, rows }: TextResult): string {
  if (fields.length === 0) return [command, rowCount ?? []].flat().join(" ");
  const cells = [fields.map(({ name }) => name), ...rows.map((row) => row.map(formatValue))];
  const widths = fields.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(" | ")
      .trimEnd(),
  );
  const rule = widths.map((width) => "-".repeat(width)).join("-+-");
  const [header = "", ...body] = lines;
  return [header, rule, ...body, rows.length === 1 ? "(1 row)" : `(${rows.length} rows)`].join("\n");
}

/** On one line: a value with a line break would break the table. */
function formatValue(value: string | null): string {
  return value === null ? "null" : value.replaceAll("\n", "\\n");
}
