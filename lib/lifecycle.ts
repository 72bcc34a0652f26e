/**
 * Declaring what a module does when a lane begins to use it, and before the lane ends.
 *
 * @module
 */

import { importableUrl } from "./importable_url.ts";
import { checkKeys, checkType } from "./options.ts";
import { type Lifecycle, registerLifecycle } from "./registry.ts";

/** The hooks of {@linkcode lifecycle}. */
export interface LifecycleHooks {
  /**
   * Runs once in each lane, after the module was imported there and before the first of its operations runs; that waits for its promise. When it throws, the call
   * rejects with a {@linkcode ModuleLoadError} whose `cause` is what it threw, the lane stays in use, and the next call tries again. It may take as long as
   * the gate's `startTimeoutMs`. Default: nothing to do.
   */
  readonly prepare?: () => unknown;
  /**
   * Runs once in each lane that was prepared, when the lane ends on purpose: because the gate is closed, or reloaded, or the lane recycled. Never when the
   * lane crashes or is ended by force. All hooks of a lane together have the gate's `disposeTimeoutMs`; one that fails, or takes longer, is warned of.
   * Default: nothing to do.
   */
  readonly dispose?: () => unknown;
}

/**
 * Declares the hooks of a module, at its top level: connections that its operations share are opened in `prepare` and closed in `dispose`.
 *
 * They run in lanes only: not in the program itself, nor where a gate without lanes runs the operations. Of several modules those that are imported come first,
 * and are disposed of last; so do those that a module declares first. An operation that imports another module while it runs has to prepare that itself.
 *
 * @param module `import.meta` of the module
 * @param hooks what is done
 * @throws {TypeError} when it is no module that a lane can import, or when a hook is unknown or no function
 *
 * @example
 * ```ts
 * import { inLane, lifecycle, type Operation, operation } from "@tokengate/tokengate";
 *
 * const words = new Map<string, number>();
 *
 * lifecycle(import.meta, {
 *   prepare: () => ["gate", "lane", "token"].forEach((word, n) => words.set(word, n)),
 *   dispose: () => words.clear(),
 * });
 *
 * export const indexOf: Operation<[word: string], number> = operation(
 *   import.meta,
 *   "indexOf",
 *   (word) => words.get(word) ?? -1,
 * );
 *
 * if (!inLane) console.log(await indexOf("token")); // 2
 * ```
 */
export function lifecycle(module: { readonly url: string }, hooks: LifecycleHooks): void {
  const url = importableUrl("a lifecycle", module);
  const subject = `the lifecycle of ${url}`;
  checkKeys(subject, hooks, ["prepare", "dispose"]);
  checkType(subject, "prepare", hooks.prepare, "function");
  checkType(subject, "dispose", hooks.dispose, "function");
  const declared: Lifecycle = { prepare: hooks.prepare, dispose: hooks.dispose };
  registerLifecycle(url, declared, module);
}
