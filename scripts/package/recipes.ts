/**
 * The recipes of `docs/bundlers.md`, as somebody who reads it would carry them out: what stands in the text is what is tested.
 *
 * A block that begins with a comment which is a path is that file; words behind its language are for others. A block of commands belongs to the heading above it. The one
 * block of plain text is what each recipe prints at last.
 *
 * @module
 */

/** One recipe. */
export interface Recipe {
  /** Its heading. */
  readonly name: string;
  /** Its own files, by path; those before the first recipe belong to all. */
  readonly files: Readonly<Record<string, string>>;
  /** Its commands, split into words. */
  readonly commands: readonly (readonly string[])[];
}

/** All that the document says. */
export interface Recipes {
  /** The files that belong to all recipes, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** What the last command of each recipe prints. */
  readonly prints: string;
  /** The recipes, in order. */
  readonly recipes: readonly Recipe[];
}

const BLOCK = /^## (?<heading>[^\n]*)$|^```(?<kind>\w+)[^\n]*\n(?<text>.*?)^```$/gms;
const NAMED = /^\/\/ (\S+\.\w+)\n/;

/**
 * Reads them.
 *
 * @param document the text of the document
 * @returns what it says
 * @throws {Error} when there is a block that is neither a file nor commands
 */
export function readRecipes(document: string): Recipes {
  const files: Record<string, string> = {};
  let prints: string | undefined;
  let current: { name: string; files: Record<string, string>; commands: string[][] } | undefined;
  const recipes: Recipe[] = [];
  for (const { groups } of document.matchAll(BLOCK)) {
    const { heading, kind, text } = groups as Record<string, string | undefined>;
    if (heading !== undefined) {
      current = { name: heading, files: {}, commands: [] };
      recipes.push(current);
    } else if (kind === "text") prints = text!.trim();
    else if (kind === "sh" && current !== undefined) {
      for (const line of text!.trim().split("\n")) current.commands.push(line.split(/\s+/));
    } else {
      const path = NAMED.exec(text!)?.[1];
      if (path === undefined) throw new Error(`Cannot use a block of ${kind}: it names no file`);
      (current?.files ?? files)[path] = text!.replace(NAMED, "");
    }
  }
  if (prints === undefined) throw new Error("Cannot find what the recipes print");
  return { files, prints, recipes: recipes.filter(({ commands }) => commands.length > 0) };
}
