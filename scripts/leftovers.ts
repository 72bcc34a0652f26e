/**
 * Finds what must not be left in a published text: reminders, paths of somebody's machine, addresses of registries.
 *
 * @module
 */

/** Something that was left. */
export interface Leftover {
  /** Its line, from 1. */
  line: number;
  /** What it is, with the text itself. */
  message: string;
}

// Each pattern is written so that it does not find itself.
const KINDS: readonly { what: string; pattern: RegExp }[] = [
  { what: "a reminder", pattern: /\b(?:TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b/ },
  {
    what: "a path of a machine",
    pattern:
      /(?<![\w./~-])(?:file:\/\/)?\/(?:home|Users|root|work|tmp|private|var\/folders)\/[\w.]+/,
  },
  { what: "a path of a machine", pattern: /\b[A-Z]:\\+Users\\+\w+/ },
  {
    what: "the address of a registry",
    pattern: /\b(?:jsr[.]io|npmjs[.](?:com|org)|deno[.]land|esm[.]sh|unpkg[.]com)\b/,
  },
];

/**
 * Finds what was left in a text.
 *
 * @param text the text
 * @returns the findings, by line
 */
export function findLeftovers(text: string): Leftover[] {
  const found: Leftover[] = [];
  text.split("\n").forEach((content, i) => {
    for (const { what, pattern } of KINDS) {
      const match = pattern.exec(content);
      if (match !== null) found.push({ line: i + 1, message: `${what}: ${match[0]}` });
    }
  });
  return found;
}
