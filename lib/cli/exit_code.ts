/**
 * How the command ends. The numbers are documented in `docs/command-line.md`, and do not change between releases.
 *
 * @module
 */

/** Everything went as asked. */
export const DONE = 0;
/** A call failed, a wave lost tokens or gave other results than the loop, or something does not work here. */
export const FAILED = 1;
/** The arguments cannot be used, or what they name is not there. Nothing was run. */
export const WRONG_ARGUMENTS = 2;
/** Interrupted by Ctrl-C: 128 and the number of the signal, as shells have it. */
export const INTERRUPTED = 130;
/** Told to end by SIGTERM, in the same way. */
export const TERMINATED = 143;
