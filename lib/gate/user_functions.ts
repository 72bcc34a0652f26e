/**
 * Functions that a user has put into options: they are asked, and what goes wrong in them ends here. It is told once for each function, on the error
 * stream, and the documented answer taken in its place.
 *
 * They run on the caller's thread, in the middle of the gate's work: ask when its state is whole.
 *
 * @module
 */

import { show } from "../options.ts";
import { warn } from "../observe/report.ts";

/** Functions that went wrong and were told of. */
const told = new WeakSet<object>();

/** Takes two arguments at most. */
type Question = (first: never, second: never) => unknown;

/**
 * @param option what the function was given as, for the warning
 * @param question the user's function
 * @param first its first argument
 * @param second its second
 * @param otherwise what holds when it throws, or answers neither true nor false
 * @returns its answer
 */
export function askVerdict(
  option: string,
  question: Question,
  first: unknown,
  second: unknown,
  otherwise: boolean,
): boolean {
  try {
    const answer = question(first as never, second as never);
    if (typeof answer === "boolean") return answer;
    tell(
      question,
      `"${option}" gave ${describe(answer)}, neither true nor false; it counts as ${otherwise}`,
    );
  } catch (error) {
    tell(question, `"${option}" threw; it counts as ${otherwise}`, error);
  }
  return otherwise;
}

/**
 * @param option what the function was given as, for the warning
 * @param question the user's function
 * @param first its argument
 * @param otherwise what holds when it throws, or gives no number
 * @returns what it gave: any number but NaN
 */
export function askNumber(
  option: string,
  question: Question,
  first: unknown,
  otherwise: number,
): number {
  try {
    const answer = question(first as never, undefined as never);
    if (typeof answer === "number" && !Number.isNaN(answer)) return answer;
    tell(question, `"${option}" gave ${describe(answer)}, not a number; ${otherwise} is taken`);
  } catch (error) {
    tell(question, `"${option}" threw; ${otherwise} is taken`, error);
  }
  return otherwise;
}

/** The most likely slip is an asynchronous function. Its rejection would be unhandled. */
function describe(answer: unknown): string {
  if (!(answer instanceof Promise)) return show(answer);
  answer.catch(() => {});
  return "a promise";
}

function tell(question: object, message: string, cause?: unknown): void {
  if (told.has(question)) return;
  told.add(question);
  warn(message, cause);
}
