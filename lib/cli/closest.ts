/**
 * What somebody may have meant who mistyped a name.
 *
 * @module
 */

/**
 * The name that is nearest to a mistyped one, by the edits it takes to turn one into the other (Levenshtein's distance, row by row).
 *
 * @param text what was typed
 * @param names the names there are
 * @returns the nearest one; undefined when none is near
 */
export function closest(text: string, names: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = Math.max(1, text.length >> 1);
  for (const name of names) {
    const distance = edits(text, name);
    if (distance > least || (distance === least && nearest !== undefined)) continue;
    nearest = name;
    least = distance;
  }
  return nearest;
}

function edits(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const line = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = above[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1);
      line.push(Math.min(replaced, above[column]! + 1, line[column - 1]! + 1));
    }
    above = line;
  }
  return above[to.length]!;
}
