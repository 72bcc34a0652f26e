/** How one test ended. */
export type TestStatus = "passed" | "failed" | "skipped";

/**
 * One test that has no tests inside. Suites, and tests that only hold other tests, are not counted: the runtimes
 * disagree about them. A holder that fails by itself, by its own assertion or in a hook, counts as one failed test.
 */
export interface TestCase {
  /** The names from the outermost suite inwards, joined by ` > `. */
  name: string;
  /** How it ended. */
  status: TestStatus;
}

/** Joins the names of a suite and of what it holds. */
export const NAME_SEPARATOR = " > ";
