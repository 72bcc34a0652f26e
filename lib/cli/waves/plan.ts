/**
 * Which waves are run, how many tokens each has, and how often it is repeated.
 *
 * @module
 */

/** Number of waves there are: 4 to 65,536 tokens, 131,068 in all. */
export const WAVES = 15;

/** Rounds of a wave when nothing else is asked for. */
export const DEFAULT_ROUNDS = 15;

/** Time after which a wave is not repeated when nothing else is asked for, in milliseconds. */
export const DEFAULT_BUDGET_MS = 2_500;

/**
 * Tokens in a wave.
 *
 * @param wave Number of the wave, from 1.
 * @returns 4 for the first, twice as many for each next one.
 */
export function tokensOfWave(wave: number): number {
  return 4 * 2 ** (wave - 1);
}

/**
 * Whether a wave is repeated once more. Small waves are short and noisy and get all of their rounds; large ones are long
 * and steady, and end with the round in which their time runs out. There is always one round.
 *
 * @param done Rounds done.
 * @param rounds Rounds at most.
 * @param elapsedMs Time that they have taken, in milliseconds.
 * @param budgetMs Time after which no round begins, in milliseconds.
 * @returns True when another round is due.
 */
export function anotherRound(
  done: number,
  rounds: number,
  elapsedMs: number,
  budgetMs: number,
): boolean {
  return done === 0 || (done < rounds && elapsedMs < budgetMs);
}

/**
 * Reads a choice of waves.
 *
 * @param text `7` for the first seven waves, `3,5` for a list, `4-10` for a range, or ranges in a list; `15-15` is the
 * fifteenth wave alone.
 * @returns The numbers of the waves in ascending order, each once.
 * @throws {RangeError} When the text has another form or names a wave outside of 1 to 15.
 */
export function parseWaves(text: string): number[] {
  const chosen = new Set<number>();
  const parts = text.split(",");
  for (const part of parts) {
    const match = /^\s*(\d+)(?:\s*-\s*(\d+))?\s*$/.exec(part);
    if (match === null) refuseWaves(text);
    const first = Number(match[1]);
    const last = match[2] === undefined ? first : Number(match[2]);
    if (first < 1 || last > WAVES || first > last) refuseWaves(text);
    const from = parts.length === 1 && match[2] === undefined ? 1 : first;
    for (let wave = from; wave <= last; wave++) chosen.add(wave);
  }
  return [...chosen].sort((a, b) => a - b);
}

/**
 * Writes a choice of waves in a form that {@linkcode parseWaves} reads.
 *
 * @param waves Numbers of waves in ascending order, each once.
 * @returns Ranges in a list, as short as they can be.
 */
export function formatWaves(waves: readonly number[]): string {
  const ranges: string[] = [];
  for (let i = 0; i < waves.length; i++) {
    const first = waves[i]!;
    while (waves[i + 1] === waves[i]! + 1) i++;
    ranges.push(`${first}-${waves[i]!}`);
  }
  return ranges.join(",");
}

/**
 * Reads a count such as the number of lanes.
 *
 * @param name What is counted, for the message.
 * @param text Decimal digits.
 * @returns A positive integer.
 * @throws {RangeError} When the text is anything else.
 */
export function parseCount(name: string, text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw new RangeError(`Cannot use ${name}: received "${text}", expected a positive integer`);
  }
  return Number(text);
}

function refuseWaves(text: string): never {
  throw new RangeError(
    `Cannot choose waves: received "${text}", expected the first waves (7), a list (3,5) or a range (4-10) within 1 to ${WAVES}`,
  );
}
