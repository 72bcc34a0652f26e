/** Finds circles in a graph of imports. */

/**
 * Finds the circles. Each file is reported in one circle at most, which is enough to fail and to be mended.
 *
 * @param graph the files that each file imports
 * @returns each circle as a path that ends where it began
 */
export function cyclesOf(graph: ReadonlyMap<string, ReadonlyMap<string, unknown>>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];

  const visit = (file: string): void => {
    const start = path.indexOf(file);
    if (start >= 0) {
      cycles.push([...path.slice(start), file]);
      return;
    }
    if (done.has(file)) return;
    done.add(file);
    path.push(file);
    for (const next of graph.get(file)?.keys() ?? []) visit(next);
    path.pop();
  };

  for (const file of graph.keys()) visit(file);
  return cycles;
}
