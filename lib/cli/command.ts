/**
 * What a command of `tokengate` is.
 *
 * @module
 */

/** An option of a command. */
export interface Flag {
  /** Whether it stands alone, or takes a value. */
  readonly type: "boolean" | "string";
  /** What its value is called in the help. */
  readonly value?: string;
  /** What it does, with its default. */
  readonly help: string;
}

/** The options of a command, by name. */
export type Flags = Readonly<Record<string, Flag>>;

/** What was typed after the name of the command. */
export interface CommandInput {
  /** The value of each option with a value that was given. */
  readonly values: Readonly<Record<string, string | undefined>>;
  /** The options without a value that were given. */
  readonly switches: ReadonlySet<string>;
  /** Everything else, in order. */
  readonly positionals: readonly string[];
  /** Whether the result is to be one JSON object on the standard output. */
  readonly json: boolean;
  /** URL of the module that is the command itself, to be started in other processes. */
  readonly main: string;
}

/** A command. */
export interface Command {
  /** What follows its name in the help. */
  readonly synopsis: string;
  /** What it does, in lines. */
  readonly description: string;
  /** Its options; `--json` and `--help` are added to them. */
  readonly flags: Flags;
  /**
   * Runs it.
   *
   * @returns the exit code
   * @throws {UsageError} when the arguments cannot be used; nothing was run
   */
  run(input: CommandInput): Promise<number>;
}
