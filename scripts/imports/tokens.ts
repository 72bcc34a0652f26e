/**
 * Splits TypeScript into words, strings and signs, as far as finding imports needs it: comments, regular expressions
 * and the text of strings can then no longer be taken for code.
 *
 * @module
 */

/** A piece of source text. */
export interface Token {
  /** `word`: name, keyword or number. `string`: the text between quotes, or a piece of a template. `sign`: the rest. */
  kind: "word" | "string" | "sign";
  /** The word, the sign, or the string's text as written. */
  text: string;
  /** Line of its first letter, from 1. */
  line: number;
}

// In this order: a comment before a regular expression, everything before a single sign.
const PIECE = new RegExp(
  [
    /(?<space>\s+)/,
    /(?<comment>\/\/[^\n]*|\/\*[^]*?\*\/|^#![^\n]*)/,
    /(?<string>"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*')/,
    /(?<word>[\w$\u0080-\uffff]+)/,
    /(?<sign>[^])/,
  ].map((part) => part.source).join("|"),
  "y",
);
const TEMPLATE = /((?:[^`\\$]|\\[^]|\$(?!\{))*)(`|\$\{)/y;
const REGULAR_EXPRESSION = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;

/** After these words a slash begins a regular expression; after any other word it divides. */
const BEFORE_EXPRESSION: ReadonlySet<string> = new Set(
  "await case delete do else in instanceof new of return throw typeof void yield".split(" "),
);

/**
 * Splits a source text.
 *
 * @param source the text
 * @returns its tokens, without white space, comments and regular expressions
 */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  // For each open brace, whether it opened a `${`: the brace that closes it continues a template.
  const braces: boolean[] = [];
  let at = 0;
  let line = 1;

  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  const push = (kind: Token["kind"], text: string): void => {
    tokens.push({ kind, text, line });
  };
  const countLines = (text: string): void => {
    for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) line++;
  };
  const readTemplate = (): void => {
    const match = take(TEMPLATE);
    if (match === null) {
      at = source.length; // A template without an end: the compiler's business.
      return;
    }
    push("string", match[1]!);
    countLines(match[1]!);
    if (match[2] === "${") braces.push(true);
  };

  while (at < source.length) {
    const { space, comment, string, word, sign } = take(PIECE)!.groups!;
    if (space !== undefined || comment !== undefined) {
      countLines(space ?? comment!);
    } else if (string !== undefined) {
      push("string", string.slice(1, -1));
      countLines(string);
    } else if (word !== undefined) {
      push("word", word);
    } else if (sign === "`") {
      readTemplate();
    } else if (sign === "}" && braces.pop() === true) {
      readTemplate();
    } else if (sign === "/" && beginsExpression(tokens.at(-1))) {
      at--;
      if (take(REGULAR_EXPRESSION) === null) at++;
    } else {
      if (sign === "{") braces.push(false);
      push("sign", sign!);
    }
  }
  return tokens;
}

function beginsExpression(before: Token | undefined): boolean {
  if (before === undefined) return true;
  if (before.kind === "word") return BEFORE_EXPRESSION.has(before.text);
  return before.kind === "sign" && !")]}".includes(before.text);
}
