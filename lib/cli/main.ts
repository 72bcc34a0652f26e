#!/usr/bin/env node
/**
 * The command `tokengate`: importing this module runs it, with the arguments of the process.
 *
 * ```sh
 * npx @tokengate/tokengate doctor                      # Node, Bun
 * deno run -A jsr:@tokengate/tokengate/cli doctor      # Deno
 * ```
 *
 * It calls operations and functions on workers (`run`), says what works on a machine (`doctor`), and measures (`waves`, `compare`). `--help` says the
 * rest; `docs/command-line.md` has the exit codes and the shape of what `--json` prints.
 *
 * @module
 */

import process from "node:process";
import { runTokengate } from "./tokengate.ts";

process.exitCode = await runTokengate(process.argv.slice(2), import.meta.url);
