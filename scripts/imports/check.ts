/**
 * Applies the import rules to a source tree.
 *
 * @module
 */
import { posix } from "node:path";
import { cyclesOf } from "./cycles.ts";
import { falls, type ImportRules, type Place } from "./rules.ts";
import { type ModuleImport, type ModuleScan, scanModule } from "./scan.ts";

/** A breach of a rule. */
export interface Violation {
  /** The file, relative to the root. */
  file: string;
  /** Its line, from 1. */
  line: number;
  /** What is forbidden, and why. */
  message: string;
}

/**
 * Checks a tree.
 *
 * @param files the text of each file by its path relative to the root, with slashes
 * @param rules what to check
 * @returns the breaches, by file and line
 */
export function checkImports(files: ReadonlyMap<string, string>, rules: ImportRules): Violation[] {
  const violations: Violation[] = [];
  const graph = new Map<string, Map<string, number>>();
  for (const [file, text] of files) {
    const scan = scanModule(text);
    const place = rules.places.find(({ files }) => files.some((each) => falls(file, each)));
    const report = (line: number, message: string): void => {
      violations.push({ file, line, message });
    };
    if (place === undefined) {
      report(1, "belongs to no place of scripts/imports/rules.ts; add it to the table");
      continue;
    }
    const mayNameRuntime = place.namesRuntime?.some((each) => falls(file, each)) ?? false;
    if (!mayNameRuntime) checkRuntimeNames(scan, rules, report);
    checkSpelling(file, scan, rules, report);

    const edges = new Map<string, number>();
    graph.set(file, edges);
    for (const each of scan.imports) {
      const target = checkTarget(file, each, place, files, rules, report);
      if (target !== undefined && each.kind !== "type" && !edges.has(target)) {
        edges.set(target, each.line);
      }
    }
  }
  for (const { file, from, why } of rules.apart) {
    const way = wayTo(graph, file, (target) => from.some((each) => falls(target, each)));
    if (way === undefined) continue;
    const line = graph.get(file)!.get(way[1]!)!;
    violations.push({
      file,
      line,
      message: `has ${way.at(-1)} loaded: ${way.join(" → ")}; ${why}`,
    });
  }
  for (const cycle of cyclesOf(graph)) {
    const [file, next] = cycle as [string, string];
    violations.push({
      file,
      line: graph.get(file)!.get(next)!,
      message: `imports itself in a circle: ${cycle.join(" → ")}`,
    });
  }
  return violations.sort((a, b) => a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line);
}

/** @returns the shortest way from a file to one that is looked for, both included; undefined when there is none */
function wayTo(
  graph: ReadonlyMap<string, ReadonlyMap<string, number>>,
  start: string,
  isTarget: (file: string) => boolean,
): string[] | undefined {
  const ways = new Map<string, string[]>([[start, [start]]]);
  // What is added while it goes on is seen too.
  for (const [file, way] of ways) {
    if (isTarget(file)) return way;
    for (const next of graph.get(file)?.keys() ?? []) {
      if (!ways.has(next)) ways.set(next, [...way, next]);
    }
  }
  return undefined;
}

type ReportAt = (line: number, message: string) => void;

/** Checks one import; returns the imported file if it is one of the tree. */
function checkTarget(
  file: string,
  { specifier, line }: ModuleImport,
  place: Place,
  files: ReadonlyMap<string, string>,
  rules: ImportRules,
  report: ReportAt,
): string | undefined {
  if (!/^\.\.?\//.test(specifier)) {
    if (!specifier.startsWith("node:")) {
      report(line, `imports "${specifier}": the package has no dependency, only node: built-ins`);
    }
    return undefined;
  }
  const target = posix.join(posix.dirname(file), specifier);
  if (!files.has(target)) {
    report(line, `imports "${specifier}", but there is no ${target} in mod.ts, lib/ and workers/`);
    return undefined;
  }
  const closed = rules.imported.find((each) => each.file === target && !each.by.includes(file));
  if (closed !== undefined) {
    report(line, `imports ${target}, which nobody may: ${closed.why}`);
  } else if (![...place.files, ...place.mayImport].some((each) => falls(target, each))) {
    report(line, `imports ${target}, which ${place.name} may not: ${place.why}`);
  }
  return target;
}

function checkRuntimeNames(scan: ModuleScan, rules: ImportRules, report: ReportAt): void {
  const why = "only the files listed under namesRuntime may name a runtime";
  for (const { text, line } of scan.words) {
    if (rules.runtimeGlobals.includes(text)) report(line, `names ${text}: ${why}`);
  }
  for (const { specifier, line } of scan.imports) {
    if (rules.runtimeBuiltins.includes(specifier)) report(line, `imports ${specifier}: ${why}`);
  }
}

function checkSpelling(
  file: string,
  scan: ModuleScan,
  { spelling }: ImportRules,
  report: ReportAt,
): void {
  if (spelling.only.includes(file)) return;
  for (const { text, line } of scan.strings) {
    if (spelling.text.test(text)) report(line, `spells "${text}": ${spelling.why}`);
  }
}
