/**
 * Plain text tables and the numbers in them.
 *
 * @module
 */

/** A heading over several columns. */
export interface ColumnGroup {
  heading: string;
  /** Number of columns below it. */
  columns: number;
}

/** Options of {@linkcode formatTable}. */
export interface FormatTableOptions {
  /**
   * Headings over the column headings, from the left; together as wide as the table.
   *
   * @default {[]}
   */
  groups?: readonly ColumnGroup[];
}

const GAP = "  ";

/**
 * Lays out a table with its columns aligned to the right, as numbers are.
 *
 * @param headings One for each column.
 * @param rows Cells, as many in each row as there are headings.
 * @param options Headings over headings.
 * @returns Lines: headings, a rule, the rows.
 */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  options: FormatTableOptions = {},
): string[] {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]!.length))
  );
  const groups = options.groups ?? [];
  let column = 0;
  const above = groups.map((group) => {
    const width = widths.slice(column, column + group.columns)
      .reduce((sum, own) => sum + own, GAP.length * (group.columns - 1));
    // A group heading wider than its columns would shift all that follows: give the room to the last column.
    const missing = Math.max(0, group.heading.length - width);
    column += group.columns;
    widths[column - 1]! += missing;
    return centre(group.heading, width + missing);
  });
  const line = (cells: readonly string[]): string =>
    cells.map((cell, index) => cell.padStart(widths[index]!)).join(GAP);
  const lines = [line(headings), widths.map((width) => "-".repeat(width)).join(GAP)];
  if (above.length > 0) lines.unshift(above.join(GAP).trimEnd());
  for (const row of rows) lines.push(line(row));
  return lines;
}

function centre(text: string, width: number): string {
  if (text === "") return " ".repeat(width);
  const framed = text.length + 2 <= width ? ` ${text} ` : text;
  const left = (width - framed.length) >> 1;
  return "-".repeat(left) + framed + "-".repeat(width - framed.length - left);
}

/**
 * Writes an integer with commas between thousands.
 *
 * @param value A number, rounded first.
 * @returns Such as `65,536`, or a dash for what is not finite.
 */
export function formatCount(value: number): string {
  if (!Number.isFinite(value)) return "-";
  return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

/**
 * Writes a measured number with about three digits that mean something.
 *
 * @param value A number, in any unit.
 * @returns Such as `0.213`, `4.81`, `37.2` or `1,204`, or a dash for what is not finite.
 */
export function formatMeasure(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return "-";
  const size = Math.abs(value);
  if (size < 0.9995) return value.toFixed(3);
  if (size < 9.995) return value.toFixed(2);
  if (size < 99.95) return value.toFixed(1);
  return formatCount(value);
}

/**
 * Writes a ratio.
 *
 * @param value The ratio.
 * @returns Two decimals, or a dash for what is not finite.
 */
export function formatRatio(value: number | null): string {
  return value === null || !Number.isFinite(value) ? "-" : value.toFixed(2);
}

/**
 * Writes a part of a whole.
 *
 * @param value 1 for the whole.
 * @returns A rounded percentage, or a dash for what is not finite.
 */
export function formatPercent(value: number): string {
  return Number.isFinite(value) ? `${Math.round(value * 100)}%` : "-";
}
