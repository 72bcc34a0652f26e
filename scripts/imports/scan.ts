/**
 * Finds what a module imports, and the other names that the import rules are about.
 *
 * @module
 */
import { type Token, tokenize } from "./tokens.ts";

/** How a module names another. */
export type ImportKind = "value" | "type" | "dynamic";

/** One import, or one re-export. */
export interface ModuleImport {
  /** The other module, as written. */
  specifier: string;
  /** Line of the statement, from 1. */
  line: number;
  /** `type` only when the whole statement is: `import { type A }` still runs the other module. */
  kind: ImportKind;
}

/** A word or a string of a module. */
export interface Mention {
  /** The word, or the string's text. */
  text: string;
  /** Its line, from 1. */
  line: number;
}

/** What a module mentions. */
export interface ModuleScan {
  /** Its imports and re-exports. */
  imports: ModuleImport[];
  /** Its names and keywords. */
  words: Mention[];
  /** Its strings and the fixed pieces of its templates. */
  strings: Mention[];
}

/**
 * Scans a module.
 *
 * @param source its text
 * @returns its imports, words and strings
 */
export function scanModule(source: string): ModuleScan {
  const tokens = tokenize(source);
  const imports: ModuleImport[] = [];
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i]!.kind !== "word" || isSign(tokens[i - 1], ".")) continue;
    const found = tokens[i]!.text === "import"
      ? readImport(tokens, i)
      : tokens[i]!.text === "export"
      ? readExport(tokens, i)
      : undefined;
    if (found !== undefined) imports.push(found);
  }
  return {
    imports,
    words: tokens.filter(({ kind }) => kind === "word"),
    strings: tokens.filter(({ kind }) => kind === "string"),
  };
}

function readImport(tokens: readonly Token[], at: number): ModuleImport | undefined {
  const { line } = tokens[at]!;
  const next = tokens[at + 1];
  if (next === undefined) return undefined;
  if (next.kind === "string") return { specifier: next.text, line, kind: "value" };
  if (isSign(next, "(")) {
    const argument = tokens[at + 2];
    const after = tokens[at + 3];
    const isLiteral = argument?.kind === "string" && (isSign(after, ")") || isSign(after, ","));
    return isLiteral ? { specifier: argument.text, line, kind: "dynamic" } : undefined;
  }
  // `import type from "x"` imports a value that is called type.
  const isType = isWord(next, "type") && !isSign(tokens[at + 2], ",") &&
    !(isWord(tokens[at + 2], "from") && tokens[at + 3]?.kind === "string");
  return readFrom(tokens, at + 1, line, isType);
}

function readExport(tokens: readonly Token[], at: number): ModuleImport | undefined {
  const isType = isWord(tokens[at + 1], "type");
  const list = at + (isType ? 2 : 1);
  if (!isSign(tokens[list], "{") && !isSign(tokens[list], "*")) return undefined;
  return readFrom(tokens, list, tokens[at]!.line, isType);
}

/** Reads up to `from "…"`; gives up at a sign that no import or export clause has. */
function readFrom(
  tokens: readonly Token[],
  start: number,
  line: number,
  isType: boolean,
): ModuleImport | undefined {
  for (let i = start; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token.kind === "sign" && !"{},*".includes(token.text)) return undefined;
    const next = tokens[i + 1];
    if (isWord(token, "from") && next?.kind === "string") {
      return { specifier: next.text, line, kind: isType ? "type" : "value" };
    }
    // An export list may end without `from`; what follows is another statement.
    if (isSign(token, "}") && !isWord(next, "from")) return undefined;
  }
  return undefined;
}

function isSign(token: Token | undefined, text: string): boolean {
  return token?.kind === "sign" && token.text === text;
}

function isWord(token: Token | undefined, text: string): boolean {
  return token?.kind === "word" && token.text === text;
}
